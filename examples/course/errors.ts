import { InvalidInputError } from '../../src/errors.ts'
import { courseTexts } from './texts.ts'

/** Every seat is held. To the API it is an input that breaks a rule, so the example adds no code of its own. */
export class CourseFullError extends InvalidInputError {
  constructor() {
    super([{ path: 'courseId', text: courseTexts.noSeat }], courseTexts.full)
  }
}
