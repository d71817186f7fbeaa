import { onTestFinished } from 'vitest'
import { openDistantDatabase } from './distant-database.ts'

export interface RoundTrips {
  /** The same database, reached through the proxy that counts. */
  url: string
  /** How often `work` waited for the database's answer. */
  during(work: () => Promise<unknown>): Promise<number>
}

/** Counts round trips to a database until the test ends. */
export async function countRoundTrips(databaseUrl: string): Promise<RoundTrips> {
  const { url, roundTrips, close } = await openDistantDatabase(databaseUrl)
  onTestFinished(close)
  return {
    url,
    during: async (work) => {
      const before = roundTrips()
      await work()
      return roundTrips() - before
    },
  }
}
