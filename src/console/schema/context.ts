import type { Deps } from '../../deps.ts'
import type { SignedIn } from '../../operator/session.ts'
import type { Language } from '../../texts.ts'
import type { BoardFeed } from '../board/feed.ts'

/** What every resolver of the console gets: one per operation. */
export interface ConsoleContext {
  deps: Deps
  language: Language
  /** Who asks. Nobody gets here without a session. */
  operator: SignedIn
  /** Whether the session is still what it was, for streams. */
  isStillSignedIn: () => Promise<boolean>
  board: BoardFeed
}
