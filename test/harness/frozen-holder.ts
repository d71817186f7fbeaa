/**
 * A process that locks a row in a transaction of our database, says so, and then waits to be stopped.
 *
 * Arguments: the URL of the database, the id of the user to lock.
 */
import { openDatabase } from '../../src/infra/database.ts'

const [url = '', userId = ''] = process.argv.slice(2)
const db = openDatabase(url, { transactionTimeoutMs: 600_000 })
await db.$transaction(async (tx) => {
  await tx.$queryRaw`SELECT 1 FROM "user" WHERE id = ${userId} FOR UPDATE`
  process.stdout.write('locked\n')
  await new Promise(() => {})
})
