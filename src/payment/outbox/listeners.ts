import type { PaymentListener } from '../../../prisma/client/client.ts'
import { InvalidInputError, NotFoundError } from '../../errors.ts'
import type { Tx } from '../../infra/database.ts'
import { webhookEvent } from '../../jobs.ts'
import { paymentTexts } from '../texts.ts'

/** Who hears of changes, as an operator sees it. */
export interface ShownListener extends PaymentListener {
  /** Jobs in its queue that nobody has begun; for the stream to Kafka, payments that it is behind with. */
  waiting: number
}

/** All listeners, by name. */
export function listListeners(db: Pick<Tx, '$queryRaw'>): Promise<ShownListener[]> {
  return db.$queryRaw`
    SELECT l.job, l."hasQueue", l."createdAt", CASE WHEN l."hasQueue"
      THEN (SELECT count(*) FROM pgboss.job j WHERE j.name = l.job AND j.state < 'active')
      ELSE (SELECT count(*) FROM payment WHERE "publishedVersion" > "streamedVersion") END::int AS waiting
    FROM payment_listener l ORDER BY l.job`
}

/**
 * Lets a listener hear of nothing from the commit of `tx` on: one that has left the code, or Kafka that was switched off. A
 * process that still has it lets it listen again with its next start. Jobs in its queue stay.
 *
 * @throws {NotFoundError}
 * @throws {InvalidInputError} for that of webhooks, which comes and goes with their endpoints.
 */
export async function removeListener(tx: Tx, job: string): Promise<PaymentListener> {
  if (job === webhookEvent.name) throw new InvalidInputError([{ path: job, text: paymentTexts.webhooksListen }])
  const listener = await tx.paymentListener.findUnique({ where: { job } })
  if (!listener) throw new NotFoundError(paymentTexts.listener)
  await tx.paymentListener.deleteMany({ where: { job } })
  return listener
}
