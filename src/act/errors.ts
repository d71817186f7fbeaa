import { DomainError, InvalidInputError } from '../errors.ts'
import { type Decided, jobTexts, reviewTexts } from './texts.ts'

/** What is asked for makes no sense, whatever the books say. */
export class UsageError extends InvalidInputError {}

/** None of the dead letters could be replayed. */
export class NotReplayableError extends DomainError {
  static readonly code = 'NOT_REPLAYABLE'
  static readonly description = 'The queue of the job is gone, or has that job already.'
  readonly code = NotReplayableError.code

  constructor() {
    super(jobTexts.notReplayable)
  }
}

/** Somebody else has decided, and otherwise. */
export class DecidedBeforeError extends DomainError {
  static readonly code = 'DECIDED_BEFORE'
  static readonly description = 'Another decision about this money was made before, and holds.'
  readonly code = DecidedBeforeError.code

  constructor(decided: Decided) {
    super(reviewTexts.decidedBefore(decided))
  }
}
