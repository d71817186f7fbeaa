import { Prisma } from '../../prisma/client/client.ts'
import type { OperatorRole } from '../../prisma/client/enums.ts'
import type { Database } from '../infra/database.ts'
import { queryRows } from '../infra/statement.ts'
import { recordAct } from './act.ts'
import { LinkOverError } from './errors.ts'
import { createToken, hashOf, isToken } from './token.ts'

/** A working day and a half: whoever comes back tomorrow asks for a link. */
export const SESSION_SECONDS = 12 * 3_600

/** Links and sessions that are over for so long are deleted. */
const KEPT_DAYS = 30

/** Who is signed in, as of now. */
export interface SignedIn {
  id: string
  name: string
  role: OperatorRole
  expiresAt: Date
}

/**
 * Consumes a link, and starts a session of its operator: by one statement, so that of two who come with it at once one is
 * signed in.
 *
 * @param linkToken what stands in the link.
 * @returns the session, and the token that a browser proves it by.
 * @throws {LinkOverError}
 */
export async function signIn(db: Database, linkToken: string): Promise<SignedIn & { token: string }> {
  if (!isToken(linkToken) || !(await isOpen(db, linkToken))) throw new LinkOverError()
  const { text: token, hash } = createToken()
  return db.$transaction(async (tx) => {
    const [started] = await tx.$queryRaw<SignedIn[]>`
      WITH consumed AS (
        UPDATE operator_link l SET "consumedAt" = now() FROM operator o
        WHERE l."tokenHash" = ${hashOf(linkToken)} AND l."consumedAt" IS NULL AND l."expiresAt" > now()
          AND o.id = l."operatorId" AND o."revokedAt" IS NULL
        RETURNING o.id, o.name, o.role::text),
      started AS (
        INSERT INTO operator_session ("tokenHash", "operatorId", "expiresAt")
        SELECT ${hash}, id, now() + make_interval(secs => ${SESSION_SECONDS}) FROM consumed RETURNING "expiresAt")
      SELECT id, name, role, "expiresAt" FROM consumed, started`
    if (!started) throw new LinkOverError()
    const by = { operator: started.name, operatorId: started.id, via: 'CONSOLE' } as const
    await recordAct(tx, { by, action: 'sign in' })
    await tx.$executeRaw`
      DELETE FROM operator_session WHERE "expiresAt" < now() - make_interval(days => ${KEPT_DAYS})`
    await tx.$executeRaw`
      DELETE FROM operator_link WHERE "expiresAt" < now() - make_interval(days => ${KEPT_DAYS})`
    return { ...started, token }
  })
}

/** Whether a link may be consumed: so whoever tries any opens no transaction. */
async function isOpen(db: Database, linkToken: string): Promise<boolean> {
  const found = await queryRows(
    db,
    Prisma.sql`
    SELECT 1 FROM operator_link
    WHERE "tokenHash" = ${hashOf(linkToken)} AND "consumedAt" IS NULL AND "expiresAt" > now()`,
  )
  return found.length > 0
}

/** The session of a token, read anew each time; null when it is none, has ended, or its operator was revoked. */
export async function findOperatorSession(db: Database, token: string): Promise<SignedIn | null> {
  if (!isToken(token)) return null
  const [found] = await queryRows<SignedIn>(
    db,
    Prisma.sql`
    SELECT o.id, o.name, o.role::text, s."expiresAt" FROM operator_session s JOIN operator o ON o.id = s."operatorId"
    WHERE s."tokenHash" = ${hashOf(token)} AND s."endedAt" IS NULL AND s."expiresAt" > now() AND o."revokedAt" IS NULL`,
  )
  return found ?? null
}

/** Ends a session. Safe to call twice. */
export async function signOut(db: Database, token: string): Promise<void> {
  await db.$executeRaw`
    UPDATE operator_session SET "endedAt" = now() WHERE "tokenHash" = ${hashOf(token)} AND "endedAt" IS NULL`
}
