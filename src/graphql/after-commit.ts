import { isBusy } from '../infra/pool.ts'

const TRIES = 3

/**
 * What a mutation answers with, read after its change was committed. A crowded database is waited for: an error that says
 * "nothing was done, try again" would be a lie.
 *
 * @throws what `read` throws, but never that the database was busy.
 */
export async function afterCommit<Result>(read: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    try {
      return await read()
    } catch (error) {
      if (!isBusy(error)) throw error
    }
  }
  throw new Error('The change is committed, and could not be read again')
}
