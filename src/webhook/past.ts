import type { Deps } from '../deps.ts'

/** What has waited for so long without a turn fails: its endpoint is disabled, or slower than events come. */
const FORGOTTEN_AFTER_SECONDS = 30 * 86_400

const KEEP_DELIVERED_SECONDS = 30 * 86_400
const KEEP_FAILED_SECONDS = 90 * 86_400

const AT_ONCE = 1_000

/** Fails what has waited for too long, in batches, so that no endpoint's queue grows for ever. @returns true when there may be more. */
export async function failForgottenDeliveries({ db }: Pick<Deps, 'db'>): Promise<boolean> {
  const failed = await db.$executeRaw`
    UPDATE webhook_delivery SET status = 'FAILED', "endedAt" = now(), "claimedUntil" = NULL,
      "lastAnswer" = 'not sent: it waited for 30 days'
    WHERE ctid = ANY(ARRAY(
      SELECT d.ctid FROM webhook_endpoint e, LATERAL (
        SELECT d.ctid FROM webhook_delivery d
        WHERE d."endpointId" = e.id AND d.status = 'PENDING' AND d.replayed IN (false, true)
          AND d."nextTryAt" < now() - make_interval(secs => ${FORGOTTEN_AFTER_SECONDS})
        LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED
      ) d LIMIT ${AT_ONCE}))`
  return failed >= AT_ONCE
}

/** Deletes what has ended long ago, in batches. @returns true when there may be more. */
export async function deletePastDeliveries({ db }: Pick<Deps, 'db'>): Promise<boolean> {
  const deleted = await db.$executeRaw`
    DELETE FROM webhook_delivery WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM webhook_delivery
      WHERE "endedAt" < now() - make_interval(secs => ${KEEP_DELIVERED_SECONDS})
        AND (status = 'DELIVERED' OR "endedAt" < now() - make_interval(secs => ${KEEP_FAILED_SECONDS}))
      LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED))`
  return deleted >= AT_ONCE
}
