import { Prisma, type Session, type User } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { batchReads, batchReadsInTurn } from '../infra/batched-read.ts'
import type { Database, Tx } from '../infra/database.ts'
import { queryRows } from '../infra/statement.ts'
import { readToken, signToken } from './token.ts'

type SessionDeps = Pick<Deps, 'db' | 'config'>
/** Ending a session hints at it, so that its sockets and streams end. */
type EndingDeps = Pick<Deps, 'db' | 'pubsub'>

/** What a client gets when it signs in. */
export interface StartedSession {
  /** Sent as `Authorization: Bearer …`. */
  accessToken: string
  expiresAt: Date
  /** From then on the client should refresh the session: half of its life is over. */
  refreshAfter: Date
}

export interface LiveSession {
  sessionId: string
  expiresAt: Date
  viewer: User
}

/** Starts a session of this user; their other sessions go on. */
export async function startSession(deps: SessionDeps, { userId }: { userId: string }): Promise<StartedSession> {
  const session = await createSession(deps, deps.db, userId)
  return describeSession(deps, session)
}

/**
 * The session and its user, read anew each time; null when the token is malformed, forged, expired or revoked.
 *
 * @param inTurn for whoever may wait for the reads of others, as all do who connect.
 */
export async function findSession(
  { config, db }: SessionDeps,
  accessToken: string,
  { inTurn = false }: { inTurn?: boolean | undefined } = {},
): Promise<LiveSession | null> {
  const sessionId = readToken(secretOf(config), accessToken)
  if (sessionId === null) return null
  return inTurn ? readSessionInTurn(db, sessionId) : readSession(db, sessionId)
}

async function readSessions(db: Database, sessionIds: string[]): Promise<Map<string, LiveSession>> {
  const found = await queryRows<User & Omit<LiveSession, 'viewer'>>(
    db,
    Prisma.sql`
    SELECT u."id", u."nickname", u."phoneNumber", u."createdAt", s."id" AS "sessionId", s."expiresAt"
      FROM "session" s JOIN "user" u ON u."id" = s."userId"
     WHERE s."id" = ANY(${sessionIds}) AND s."revokedAt" IS NULL AND s."expiresAt" > now()`,
  )
  return new Map(
    found.map(({ sessionId, expiresAt, ...viewer }) => [sessionId, { sessionId, expiresAt, viewer }] as const),
  )
}

/** Those who ask at the same moment share a query. */
const readSession = batchReads(readSessions)
const readSessionInTurn = batchReadsInTurn(readSessions)

/** Replaces a session by a new one. Null when it has ended already, for example by a concurrent call. */
export async function replaceSession(
  deps: SessionDeps & EndingDeps,
  { sessionId, userId }: { sessionId: string; userId: string },
): Promise<StartedSession | null> {
  const started = await deps.db.$transaction(async (tx) => {
    await lockSessions(tx, userId)
    const ended = await tx.session.updateMany({
      where: { id: sessionId, userId, revokedAt: null, expiresAt: { gt: new Date() } },
      data: { revokedAt: new Date() },
    })
    if (ended.count === 0) return null
    return describeSession(deps, await createSession(deps, tx, userId))
  })
  if (started) deps.pubsub.publishEndedSessions([sessionId])
  return started
}

/** Ends one session. Safe to call twice. */
export async function endSession({ db, pubsub }: EndingDeps, { sessionId }: { sessionId: string }): Promise<void> {
  await db.session.updateMany({ where: { id: sessionId, revokedAt: null }, data: { revokedAt: new Date() } })
  pubsub.publishEndedSessions([sessionId])
}

/** Ends every session of the user, including one that is being replaced right now. Safe to call twice. */
export async function endAllSessions({ db, pubsub }: EndingDeps, { userId }: { userId: string }): Promise<void> {
  const ended = await db.$transaction(async (tx) => {
    await lockSessions(tx, userId)
    return tx.session.updateManyAndReturn({
      where: { userId, revokedAt: null, expiresAt: { gt: new Date() } },
      data: { revokedAt: new Date() },
      select: { id: true },
    })
  })
  pubsub.publishEndedSessions(ended.map(({ id }) => id))
}

/** Serializes replacing a session with ending them all, whose snapshot would miss a session that is just created. */
async function lockSessions(tx: Tx, userId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM "user" WHERE id = ${userId} FOR NO KEY UPDATE`
}

function createSession({ config }: Pick<Deps, 'config'>, db: Tx, userId: string): Promise<Session> {
  const createdAt = new Date()
  const expiresAt = new Date(createdAt.getTime() + config.session.ttlSeconds * 1000)
  return db.session.create({ data: { userId, createdAt, expiresAt } })
}

function describeSession({ config }: Pick<Deps, 'config'>, { id, createdAt, expiresAt }: Session): StartedSession {
  const accessToken = signToken(secretOf(config), { sessionId: id, expiresAt })
  return { accessToken, expiresAt, refreshAfter: new Date((createdAt.getTime() + expiresAt.getTime()) / 2) }
}

function secretOf({ session: { secret } }: Deps['config']): string {
  if (secret === undefined) throw new Error('A process without a session secret neither makes nor reads sessions')
  return secret
}
