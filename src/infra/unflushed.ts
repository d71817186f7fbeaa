import { Prisma } from '../../prisma/client/client.ts'

/**
 * A row for the FROM of a statement that must not wait until its commit is on the disk. For what locks and writes nothing,
 * which otherwise flushes too, and for what is found again by itself: a server that crashes may forget such a commit, as
 * if it had crashed a moment before.
 *
 * Source: https://www.postgresql.org/docs/current/wal-async-commit.html
 */
export const UNFLUSHED = Prisma.sql`set_config('synchronous_commit', 'off', true) AS unflushed`
