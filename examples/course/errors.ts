import { InvalidInputError } from '../../src/errors.ts'

/** Every seat is held. To the API it is an input that breaks a rule, so the example adds no code of its own. */
export class CourseFullError extends InvalidInputError {
  constructor() {
    super([{ path: 'courseId', message: 'names a course without a free seat' }])
    this.message =
      'The course is full. Choose another one, or try again later: a seat that isn’t paid in time is free again.'
  }
}
