import type { Payment } from '../../prisma/client/client.ts'
import type { Database, Tx } from '../infra/database.ts'
import type { Pubsub } from '../infra/pubsub.ts'

/** A transaction that changes payments: what `recordChange` needs, and only {@link changePayment} gives. */
export interface Change {
  tx: Tx
  /** Notes the payment as it is now, to be hinted at after the commit. */
  changed(payment: Payment): void
}

/**
 * Runs `work` in a transaction, and publishes a hint for each payment that it changed, once it is committed. This is the
 * one place where payments are hinted at, together with {@link publishChange} for statements that need no transaction.
 *
 * @throws what `work` throws; then nothing is changed and nothing published.
 */
export async function changePayment<Result>(
  { db, pubsub }: { db: Database; pubsub: Pubsub },
  work: (change: Change) => Promise<Result>,
): Promise<Result> {
  const versions = new Map<string, number>()
  const result = await db.$transaction((tx) =>
    work({ tx, changed: ({ sn, version }) => void versions.set(sn, version) }),
  )
  for (const [sn, version] of versions) publishChange(pubsub, { sn, version })
  return result
}

/** Publishes the hint about a payment whose change is committed. Best effort: a lost hint delays a reader, no more. */
export function publishChange(pubsub: Pubsub, payment: Pick<Payment, 'sn' | 'version'>): void {
  pubsub.publish({ sn: payment.sn, version: payment.version })
}
