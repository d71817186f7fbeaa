import { resolveCursorConnection } from '@pothos/plugin-relay'
import { z } from 'zod'
import { createUserError } from './context.ts'
import { graphqlTexts } from './texts.ts'

export const DEFAULT_SIZE = 20
export const MAX_SIZE = 100

export interface PageArgs {
  first?: number | null
  last?: number | null
  after?: string | null
  before?: string | null
}

/** A row's position in a list that is ordered by `createdAt`, then by a unique key, newest first. */
export interface Position {
  createdAt: Date
  key: string
}

export interface PageQuery {
  /** Only rows older than this. */
  olderThan?: Position
  /** Only rows newer than this. */
  newerThan?: Position
  /** `desc` is newest first. */
  direction: 'asc' | 'desc'
  take: number
}

// PostgreSQL knows no year 0.
const CursorContent = z.tuple([z.iso.datetime().regex(/^(?!0000)/), z.string().min(1).max(64)])

/** A position as text, which clients send back; opaque to them. */
export function encodeCursor({ createdAt, key }: Position): string {
  return Buffer.from(JSON.stringify([createdAt.toISOString(), key])).toString('base64url')
}

/** @throws {GraphQLError} `BAD_USER_INPUT` when `cursor` isn't one of ours. */
export function decodeCursor(cursor: string): Position {
  try {
    const [createdAt, key] = CursorContent.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
    if (key.includes('\0')) throw new Error('no key holds a NUL')
    return { createdAt: new Date(createdAt), key }
  } catch {
    throw createUserError('BAD_USER_INPUT', graphqlTexts.foreignCursor)
  }
}

/**
 * One page of a list, newest first, as a Relay connection: 20 rows by default, 100 at most.
 *
 * @throws {GraphQLError} `BAD_USER_INPUT` for an invalid size or cursor.
 */
export function findPage<Row>(
  args: PageArgs,
  find: (query: PageQuery) => Promise<Row[]>,
  toPosition: (row: Row) => Position,
) {
  checkSize(args)
  // The `endCursor` of an empty page is empty, and clients send it back too.
  const from = { ...args, after: args.after || undefined, before: args.before || undefined }
  return resolveCursorConnection<Promise<Row[]>>(
    { args: from, defaultSize: DEFAULT_SIZE, maxSize: MAX_SIZE, toCursor: (row) => encodeCursor(toPosition(row)) },
    ({ after, before, limit, inverted }) =>
      find({
        olderThan: after === undefined ? undefined : decodeCursor(after),
        newerThan: before === undefined ? undefined : decodeCursor(before),
        direction: inverted ? 'asc' : 'desc',
        take: limit,
      }),
  )
}

/** The Prisma conditions of a page over a table whose unique key is `keyName`. */
export function wherePage(keyName: 'id' | 'sn', { olderThan, newerThan }: PageQuery) {
  // Redundant, but without this bound PostgreSQL can't start inside the index.
  const older = olderThan && {
    createdAt: { lte: olderThan.createdAt },
    OR: [{ createdAt: { lt: olderThan.createdAt } }, { [keyName]: { lt: olderThan.key } }],
  }
  const newer = newerThan && {
    createdAt: { gte: newerThan.createdAt },
    OR: [{ createdAt: { gt: newerThan.createdAt } }, { [keyName]: { gt: newerThan.key } }],
  }
  return [older, newer].filter((condition) => condition !== undefined)
}

function checkSize({ first, last }: PageArgs): void {
  if (first != null && last != null) throw createUserError('BAD_USER_INPUT', graphqlTexts.twoSizes)
  const size = first ?? last
  if (size != null && (size < 0 || size > MAX_SIZE)) {
    throw createUserError('BAD_USER_INPUT', graphqlTexts.pageSize(MAX_SIZE))
  }
}
