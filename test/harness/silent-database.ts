import { Client } from 'pg'

/** Our backends: those of the app and of the queue, not those of the test itself. */
const OURS = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'looklook-pay%'`

/**
 * Runs `body` while every present connection of the app is open and silent, as after a failover; new ones work. Their
 * server processes are stopped, and go on afterwards.
 */
export async function whileSilent<Result>(databaseUrl: string, body: () => Promise<Result>): Promise<Result> {
  const admin = new Client({ connectionString: databaseUrl })
  await admin.connect()
  const { rows } = await admin.query<{ pid: number }>(OURS)
  const signal = (name: NodeJS.Signals) => {
    for (const { pid } of rows) signalQuietly(pid, name)
  }
  if (rows.length === 0) throw new Error('the app has no connection that could fall silent')
  try {
    signal('SIGSTOP')
    return await body()
  } finally {
    signal('SIGCONT')
    await admin.end()
  }
}

function signalQuietly(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended.
  }
}
