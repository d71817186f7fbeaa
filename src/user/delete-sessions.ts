import type { Deps } from '../deps.ts'

const BATCH = 1_000
const KEPT_SECONDS = 86_400

/**
 * Deletes sessions that ended a day ago, by expiry or revocation: nothing needs them any more, and each sign-in and
 * refresh adds one. Safe to run in any number of processes.
 *
 * @returns true when there may be more.
 */
export async function deleteEndedSessions({ db }: Pick<Deps, 'db'>): Promise<boolean> {
  const count = await db.$executeRaw`
    DELETE FROM "session" WHERE "id" = ANY(ARRAY(
      SELECT "id" FROM "session"
      WHERE LEAST("expiresAt", "revokedAt") < now() - make_interval(secs => ${KEPT_SECONDS})
      ORDER BY LEAST("expiresAt", "revokedAt") LIMIT ${BATCH} FOR UPDATE SKIP LOCKED))`
  return count >= BATCH
}
