import { Client } from 'pg'
import { inject } from 'vitest'
import type { TestApp } from './app.ts'

/** Runs `body` while the app's database accepts no connection, after all existing ones were terminated. */
export async function whileDatabaseIsDown<Result>(app: TestApp, body: () => Promise<Result>): Promise<Result> {
  const admin = new Client({ connectionString: inject('postgresUrl') })
  const name = new URL(app.databaseUrl).pathname.slice(1)
  await admin.connect()
  try {
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`)
    await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, [name])
    return await body()
  } finally {
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`)
    await admin.end()
  }
}
