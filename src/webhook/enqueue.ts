import type { Deps } from '../deps.ts'
import { asJson } from '../infra/database.ts'
import { type EventRef, getEvents } from '../payment/event.ts'

/**
 * The work of jobs, each of which names an event: makes a delivery of it for every enabled endpoint that wants its type. One
 * that is there already stays as it is, so a job may run again.
 *
 * @returns how each ended: all of them well.
 * @throws when one of the events can't be read, or the database can't commit; then no delivery is made.
 */
export async function enqueueDeliveries(
  { db }: Pick<Deps, 'db'>,
  refs: EventRef[],
): Promise<PromiseSettledResult<void>[]> {
  const events = await getEvents(db, refs)
  const input = asJson(events.map(({ paymentSn, version, type }) => ({ paymentSn, version, type })))
  await db.$executeRaw`
    INSERT INTO webhook_delivery ("endpointId", "paymentSn", version)
    SELECT e.id, i."paymentSn", i.version
    FROM json_to_recordset(${input}::json) AS i("paymentSn" text, version int, type text), webhook_endpoint e
    WHERE e.enabled AND (cardinality(e."eventTypes") = 0 OR i.type = ANY(e."eventTypes"))
    ORDER BY e.id, i."paymentSn", i.version
    -- One that is being removed is waited for, and left out.
    FOR KEY SHARE OF e
    ON CONFLICT DO NOTHING`
  return refs.map(() => ({ status: 'fulfilled', value: undefined }))
}
