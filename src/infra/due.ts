import { Prisma } from '../../prisma/client/client.ts'

/**
 * SQL: what is due is due by this instant. Instants are kept in milliseconds, and rounded: what was made due a moment ago may be
 * kept as half of one later, and whoever looks at once would leave it to the next round of a loop.
 */
export const DUE_BY = Prisma.sql`now() + interval '1 millisecond'`
