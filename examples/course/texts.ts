import type { Texts } from '../../src/texts.ts'

/** What the API says about courses. */
export const courseTexts = {
  course: { en: 'course', zh: '课程' },
  noSeat: { en: 'names a course without a free seat', zh: '所指的课程没有空位' },
  full: {
    en: 'The course is full. Choose another one, or try again later: a seat that isn’t paid in time is free again.',
    zh: '课程已满。请选别的课程，或稍后再试：没有及时付款的座位会重新空出来。',
  },
} satisfies Texts
