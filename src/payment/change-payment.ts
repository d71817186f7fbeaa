import type { Payment } from '../../prisma/client/client.ts'
import type { EventSource, PayStatus } from '../../prisma/client/enums.ts'
import type { Database, Tx } from '../infra/database.ts'
import type { Metrics } from '../infra/metrics.ts'
import type { Pubsub } from '../infra/pubsub.ts'

/** A transaction that may change payments: `recordChange` requires one, and only {@link changePayment} makes one. */
export interface Change {
  tx: Tx
  /** Notes a changed payment, so that its hint is published after the commit. */
  changed(payment: Payment, by: ChangedBy): void
}

/** What the payment was before a change, and what brought that. */
interface ChangedBy {
  from: PayStatus
  source: EventSource
}

/**
 * Runs `work` in a transaction, and publishes a hint for each payment that it changed after the commit. All hints about
 * payments are published here, or by {@link publishChange} after a single statement.
 *
 * @throws what `work` throws; then nothing is changed and nothing published.
 */
export async function changePayment<Result>(
  { db, pubsub, metrics }: { db: Database; pubsub: Pubsub<Payment>; metrics: Pick<Metrics, 'paymentTransitions'> },
  work: (change: Change) => Promise<Result>,
): Promise<Result> {
  const versions = new Map<string, number>()
  const transitions: (ChangedBy & { to: PayStatus })[] = []
  const changed: Change['changed'] = ({ sn, version, status: to }, { from, source }) => {
    versions.set(sn, version)
    if (from !== to) transitions.push({ from, to, source })
  }
  const result = await db.$transaction((tx) => work({ tx, changed }))
  for (const [sn, version] of versions) publishChange(pubsub, { sn, version })
  for (const transition of transitions) metrics.paymentTransitions.inc(transition)
  return result
}

/**
 * Publishes the hint about a payment whose change is committed. Best effort: a lost hint only delays a reader.
 *
 * @param payment as the change left it, where it is at hand: whoever watches it in this process needn't read it.
 */
export function publishChange(
  pubsub: Pubsub<Payment>,
  { sn, version }: Pick<Payment, 'sn' | 'version'>,
  payment?: Payment,
): void {
  pubsub.publish({ sn, version }, payment)
}
