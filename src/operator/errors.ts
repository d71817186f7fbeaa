import { DomainError } from '../errors.ts'
import { operatorTexts } from './texts.ts'

/** A link that signs nobody in (any more). It says nothing else: whoever has one that was stolen learns nothing. */
export class LinkOverError extends DomainError {
  static readonly code = 'LINK_OVER'
  static readonly description = 'The link was used before, has expired, or is none.'
  readonly code = LinkOverError.code

  constructor() {
    super(operatorTexts.linkOver)
  }
}
