import type { Limits } from '../config/limits.ts'

/** A rate limit, by its name in the settings: so many a minute of one user, or of one address. */
export type RateName = Extract<keyof Limits, `${string}Minute`>

/** The rates of clients, counted over all processes. */
export interface Rates {
  /**
   * Counts a request of `client`, a user's id or an address. Call it before the work that it limits.
   *
   * @throws {RateLimitedError} when the client has had as many this minute as allowed.
   */
  count(rate: RateName, client: string): Promise<void>
  /**
   * Counts a request while `read` runs, so that counting costs no time. `read` must change nothing: its result is thrown
   * away when the request turns out to be one too many. It doesn't run for a client of whom that is known.
   *
   * @throws {RateLimitedError} when the client has had as many this minute as allowed.
   */
  countDuring<Result>(rate: RateName, client: string, read: () => Promise<Result>): Promise<Result>
  /**
   * Books, once no other booking of this user is in hand in this process: one user can't queue for connections. How many
   * wait for their turn is bounded by the rate of bookings.
   */
  bookInTurn<Result>(userId: string, book: () => Promise<Result>): Promise<Result>
}
