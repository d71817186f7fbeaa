import type { Deps } from '../../deps.ts'
import type { SignedIn } from '../../operator/session.ts'
import type { Language } from '../../texts.ts'
import type { BoardFeed } from '../board/feed.ts'
import type { Examinations } from '../examinations.ts'

/** What every resolver of the console gets: one per operation. */
export interface ConsoleContext {
  deps: Deps
  /** In the log, and in the answer as `x-request-id`. */
  requestId: string
  language: Language
  /** Who asks. Nobody gets here without a session. */
  operator: SignedIn
  /** Whether the session is still what it was, for streams. */
  isStillSignedIn: () => Promise<boolean>
  /** Takes one of the session's slots for operations. @returns what releases it. @throws {GraphQLError} `RATE_LIMITED` */
  acquireOperation: () => () => void
  /** Takes one of the session's slots for streams. @returns what releases it. @throws {GraphQLError} `RATE_LIMITED` */
  acquireStream: () => () => void
  /** Calls `end` when the connection of the operation is over. */
  whenGone: (end: () => void) => void
  board: BoardFeed
  examinations: Examinations
}
