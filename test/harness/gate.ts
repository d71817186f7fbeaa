import { Client } from 'pg'
import { expect, onTestFinished } from 'vitest'

/** A place in the database at which every session waits while it is closed. Open at first. */
export interface Gate {
  close(): Promise<void>
  /** Resolves once somebody waits. */
  isReached(): Promise<void>
  /** Ends the sessions that wait, as if their statements had never come. */
  endWaiting(): Promise<void>
  open(): Promise<void>
}

/** The statement that passes the gate, in PL/pgSQL: the gate is held until the end of the transaction. */
export function passGate(gate: number): string {
  return `PERFORM pg_advisory_xact_lock_shared(${gate});`
}

/** A gate of this number. */
export async function openGate(databaseUrl: string, gate: number): Promise<Gate> {
  const client = new Client({ connectionString: databaseUrl })
  // Where the test fails, its database is dropped before.
  client.on('error', () => {})
  await client.connect()
  onTestFinished(() => client.end())
  const waiting = `
    FROM pg_locks WHERE locktype = 'advisory' AND objid = ${gate} AND NOT granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
  return {
    close: async () => void (await client.query(`SELECT pg_advisory_lock(${gate})`)),
    isReached: async () => {
      await expect.poll(async () => (await client.query(`SELECT 1 ${waiting}`)).rowCount).toBeGreaterThan(0)
    },
    endWaiting: async () => void (await client.query(`SELECT pg_terminate_backend(pid) ${waiting}`)),
    open: async () => void (await client.query(`SELECT pg_advisory_unlock(${gate})`)),
  }
}
