import { Prisma } from '../../prisma/client/client.ts'
import { NotFoundError } from '../errors.ts'
import type { Tx } from '../infra/database.ts'
import type { EventRef } from '../payment/event.ts'
import { getEndpoint } from './endpoint.ts'
import { webhookTexts } from './texts.ts'

/** What is replayed: one event, those of a span of time (`until` is exclusive), or every delivery that has failed. */
export type Replay = { event: EventRef } | { since: Date; until: Date } | { failed: true }

/**
 * Delivers events to an endpoint again, or for the first time: also those from before it was added. Of a span of time it gets
 * the types that it always gets; of a single event whatever that is. What waits already keeps its place, and new events go
 * before all that is replayed.
 *
 * @returns how many are delivered again.
 * @throws {NotFoundError} when there is no such endpoint or event.
 */
export async function replay(tx: Tx, endpointId: string, what: Replay): Promise<number> {
  // Before its deliveries, as whoever removes it.
  await tx.$queryRaw`SELECT 1 FROM webhook_endpoint WHERE id = ${endpointId} FOR KEY SHARE`
  await getEndpoint(tx, endpointId)
  if ('failed' in what) {
    return tx.$executeRaw`
      WITH failed AS MATERIALIZED (
        SELECT "endpointId", "paymentSn", version FROM webhook_delivery
        WHERE "endpointId" = ${endpointId} AND status = 'FAILED' ORDER BY "paymentSn", version FOR UPDATE
      )
      UPDATE webhook_delivery d SET ${FROM_THE_START} FROM failed
      WHERE (d."endpointId", d."paymentSn", d.version) = (failed."endpointId", failed."paymentSn", failed.version)`
  }
  if ('event' in what) {
    const { paymentSn, version } = what.event
    const event = await tx.paymentEvent.findUnique({ where: { paymentSn_version: { paymentSn, version } } })
    if (!event) throw new NotFoundError(webhookTexts.event)
    return deliverAgain(tx, Prisma.sql`SELECT ${endpointId}::text, ${paymentSn}::text, ${version}::int`)
  }
  const { since, until } = what
  return deliverAgain(
    tx,
    Prisma.sql`
    SELECT w.id, e."paymentSn", e.version FROM webhook_endpoint w, payment_event e
    WHERE w.id = ${endpointId} AND e.at >= ${since} AND e.at < ${until}
      AND (cardinality(w."eventTypes") = 0 OR e.type = ANY(w."eventTypes"))`,
  )
}

const FROM_THE_START = Prisma.sql`status = 'PENDING', tries = 0, "nextTryAt" = now(), "endedAt" = NULL, replayed = true`

function deliverAgain(tx: Tx, deliveries: Prisma.Sql): Promise<number> {
  return tx.$executeRaw`
    INSERT INTO webhook_delivery AS d ("endpointId", "paymentSn", version, replayed)
    SELECT again.*, true FROM (${deliveries}) AS again ("endpointId", "paymentSn", version) ORDER BY "paymentSn", version
    ON CONFLICT ("endpointId", "paymentSn", version) DO UPDATE SET ${FROM_THE_START} WHERE d.status <> 'PENDING'`
}
