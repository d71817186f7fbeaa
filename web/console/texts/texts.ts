import { actTexts } from './acts.ts'
import { boardTexts } from './board.ts'
import { checkTexts } from './check.ts'
import { decideTexts } from './decide.ts'
import { eventTexts } from './events.ts'
import { findTexts } from './find.ts'
import { frameTexts } from './frame.ts'
import { stateTexts } from './states.ts'

/** Every text of the console. */
export const texts = {
  ...frameTexts,
  ...boardTexts,
  ...findTexts,
  ...stateTexts,
  ...decideTexts,
  ...eventTexts,
  ...checkTexts,
  ...actTexts,
}
