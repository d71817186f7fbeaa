import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { inject, onTestFinished } from 'vitest'

export interface EmptyDatabase {
  url: string
  /** Creates it; until then nothing answers at its URL. */
  create(): Promise<void>
}

/** The name of an empty database that the test creates when it wants, and that is dropped when the test ends. */
export function planDatabase(): EmptyDatabase {
  const name = `e_${randomBytes(6).toString('hex')}`
  const serverUrl = inject('postgresUrl')
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  onTestFinished(() => query(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`).then(() => undefined))
  return {
    url: url.href,
    create: () => query(serverUrl, `CREATE DATABASE ${name}`).then(() => undefined),
  }
}

/** One statement on a connection of its own. */
export async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}
