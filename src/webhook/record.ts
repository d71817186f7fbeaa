import { Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import type { Database } from '../infra/database.ts'
import { DUE_BY } from '../infra/due.ts'
import { disableDeadEndpoint } from './endpoint.ts'
import type { Secrets } from './signature.ts'

/**
 * The deliveries of events to endpoints. A delivery's row is its place in the queue, as a message's is: what it holds up is
 * seen, and it can be replayed.
 *
 * - DUE: PENDING, and its time has come.
 * - CLAIMED: about to be sent, or being sent. A claim ends with the try, or after a while, when its worker has died: then the
 *   try is made again, and counts once, however often that happens.
 * - Ended: DELIVERED, or FAILED after the last try. Kept for a while, for the operator and for replays.
 */

/** Waits after each try that failed, in seconds: some three days in all. */
const BACK_OFF_SECONDS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]

/** How many calls an endpoint has in flight at once at most, over all workers. */
export const IN_FLIGHT_PER_ENDPOINT = 4

/** Longer than a call may take, with what is done around it. */
const CLAIM_SECONDS = 30

/** An endpoint that has answered nothing well for so long is disabled. */
const DEAD_AFTER_SECONDS = 5 * 86_400

/** A delivery that is to be tried now. */
export interface Claimed extends Secrets {
  endpointId: string
  paymentSn: string
  version: number
  /** Which try it is, from 1. */
  tries: number
  url: string
}

/**
 * Claims what is due, of each endpoint as many as it may have in flight: new events before replayed ones, oldest first. Two
 * processes never claim for the same endpoint at once, and the second counts what the first has claimed: hence two statements.
 */
export function claimDue(db: Database): Promise<Claimed[]> {
  return db.$transaction(async (tx) => {
    const locked = await tx.$queryRaw<{ id: string }[]>`
      SELECT e.id FROM webhook_endpoint e WHERE e.enabled AND EXISTS (
        SELECT 1 FROM webhook_delivery d WHERE d."endpointId" = e.id AND ${IS_DUE})
      FOR NO KEY UPDATE SKIP LOCKED`
    if (locked.length === 0) return []
    return tx.$queryRaw<Claimed[]>`
      WITH endpoint AS MATERIALIZED (
        SELECT e.*, (
          SELECT count(*) FROM webhook_delivery d WHERE d."endpointId" = e.id AND d."claimedUntil" > now()
        ) AS "inFlight"
        FROM webhook_endpoint e WHERE e.id = ANY(${locked.map(({ id }) => id)})
      ),
      due AS MATERIALIZED (
        SELECT d.* FROM endpoint e, LATERAL (
          SELECT * FROM (${dueOf(false)}) d UNION ALL SELECT * FROM (${dueOf(true)}) d
          ORDER BY replayed LIMIT GREATEST(0, ${IN_FLIGHT_PER_ENDPOINT} - e."inFlight")
        ) d
      ),
      claimed AS (
        UPDATE webhook_delivery d SET tries = d.tries + CASE WHEN d."claimedUntil" IS NULL THEN 1 ELSE 0 END,
          "claimedUntil" = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS}),
          "nextTryAt" = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS})
        FROM due WHERE (d."endpointId", d."paymentSn", d.version) = (due."endpointId", due."paymentSn", due.version)
        RETURNING d."endpointId", d."paymentSn", d.version, d.tries
      )
      SELECT c.*, e.url, e.secret, e."previousSecret", e."previousSecretUntil"
      FROM claimed c JOIN endpoint e ON e.id = c."endpointId" ORDER BY c."paymentSn", c.version`
  })
}

/** SQL: whether a delivery `d` is DUE. Both values are named, so that the index finds it by its time. */
export const IS_DUE = Prisma.sql`d.status = 'PENDING' AND d.replayed IN (false, true) AND d."nextTryAt" <= ${DUE_BY}`

/** SQL: what is due at the endpoint `e`, of new events or of replayed ones, oldest first. */
function dueOf(replayed: boolean): Prisma.Sql {
  return Prisma.sql`
    SELECT d."endpointId", d."paymentSn", d.version, d.replayed FROM webhook_delivery d
    WHERE d."endpointId" = e.id AND d.status = 'PENDING' AND d.replayed = ${replayed} AND d."nextTryAt" <= ${DUE_BY}
    ORDER BY d."nextTryAt" LIMIT ${IN_FLIGHT_PER_ENDPOINT} FOR UPDATE SKIP LOCKED`
}

/** Records that the endpoint has it, whoever has tried it. */
export async function recordDelivered(db: Database, { endpointId, paymentSn, version }: Claimed, answer: string) {
  await db.$executeRaw`
    WITH delivered AS (
      UPDATE webhook_delivery SET status = 'DELIVERED', "endedAt" = now(), "claimedUntil" = NULL, "lastAnswer" = ${answer}
      WHERE "endpointId" = ${endpointId} AND "paymentSn" = ${paymentSn} AND version = ${version}
    )
    UPDATE webhook_endpoint SET "failingSince" = NULL WHERE id = ${endpointId} AND "failingSince" IS NOT NULL`
}

/**
 * Records a try that has failed: it is tried again later, or has FAILED after the last one. An endpoint that is gone, or has
 * failed for days, is disabled, with an alert.
 */
export async function recordFailed(
  { db, log }: Pick<Deps, 'db' | 'log'>,
  { endpointId, paymentSn, version, tries }: Claimed,
  { answer, isGone }: { answer: string; isGone: boolean },
): Promise<void> {
  const waitSeconds = BACK_OFF_SECONDS[tries - 1]
  // Never all at the same moment: what has failed together would come together again.
  const seconds = waitSeconds === undefined ? null : waitSeconds * (0.9 + 0.2 * Math.random())
  const [endpoint] = await db.$queryRaw<{ isDead: boolean }[]>`
    WITH failed AS (
      UPDATE webhook_delivery SET "claimedUntil" = NULL, "lastAnswer" = ${answer},
        status = CASE WHEN ${seconds}::float8 IS NULL THEN 'FAILED' ELSE 'PENDING' END::"WebhookDeliveryStatus",
        "endedAt" = CASE WHEN ${seconds}::float8 IS NULL THEN now() END,
        "nextTryAt" = now() + make_interval(secs => COALESCE(${seconds}::float8, 0))
      WHERE "endpointId" = ${endpointId} AND "paymentSn" = ${paymentSn} AND version = ${version}
        -- Another worker may be at the next try already, or it was replayed.
        AND status = 'PENDING' AND tries = ${tries}
    )
    UPDATE webhook_endpoint SET "failingSince" = COALESCE("failingSince", now()) WHERE id = ${endpointId}
    RETURNING enabled AND "failingSince" < now() - make_interval(secs => ${DEAD_AFTER_SECONDS}) AS "isDead"`
  if (seconds === null)
    log.warn({ endpointId, paymentSn, version, answer }, 'webhook delivery failed for the last time')
  if (!endpoint?.isDead && !isGone) return
  const reason = isGone ? 'it answered 410, Gone' : 'every call has failed for five days'
  if (!(await db.$transaction((tx) => disableDeadEndpoint(tx, endpointId, reason)))) return
  const remedy = 'ask its owner, then npm run admin -- webhook enable ID, and webhook replay ID for what it has missed'
  log.error({ alarm: 'webhook', endpointId, reason, answer, remedy }, 'webhook endpoint disabled')
}
