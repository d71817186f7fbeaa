import { type Arbitrary, array, constant, constantFrom, oneof, tuple } from 'fast-check'

/** One of two orders over the same nights: the guest's, or that of a rival who books them when they are free. */
export type Who = 'guest' | 'rival'

/** Anything that a person, WeChat, a worker or a fault may do next. As text, so that a counterexample can be read. */
export type Step =
  | `${Who} ${'taps' | 'pays' | 'cancels' | 'requests a refund' | 'reads' | 'shows the code'}`
  | `the time to pay is over for the ${Who}`
  | 'the rival books'
  | `late money comes for the ${Who}`
  | `the ${Who}’s attempt is closed`
  | `${1 | 2 | 3} notices of ${'payments' | 'refunds'} arrive`
  | `an operator makes a manual refund of ${'all' | 'a part'} for the ${Who}`
  | 'an operator retries refunds'
  | `an operator ${'accepts' | 'refunds'} the mismatch of the ${Who}`
  | `an operator dismisses the other transaction of the ${Who}`
  | `WeChat collects less from the ${Who}`
  | `WeChat reports another transaction for the ${Who}’s payment`
  | `WeChat ends refunds as ${'SUCCESS' | 'CLOSED' | 'ABNORMAL'}`
  | 'a minute passes'
  | 'the stay is over'
  | `the ${'recheck' | 'close' | 'refund' | 'relay' | 'expiry' | 'decision'} loop runs`
  | 'jobs are enqueued'
  | 'jobs run'
  | 'payments are applied'
  | 'all jobs are lost'
  | `WeChat ${'forgets to answer' | 'is down for' | 'signs wrongly' | 'refuses'} the next ${'prepay' | 'query' | 'close' | 'refund'}`
  | 'a payment succeeds before the next close'
  | { atOnce: Step[] }

const who = constantFrom<Who>('guest', 'guest', 'guest', 'rival')
const call = constantFrom('prepay', 'query', 'close', 'refund')

function text(strings: TemplateStringsArray, ...parts: Arbitrary<string | number>[]): Arbitrary<Step> {
  return tuple(...parts).map((values) => String.raw({ raw: strings }, ...values) as Step)
}

const single: Arbitrary<Step> = oneof(
  { weight: 6, arbitrary: text`${who} taps` },
  { weight: 8, arbitrary: text`${who} pays` },
  { weight: 5, arbitrary: text`${who} cancels` },
  { weight: 5, arbitrary: text`${who} requests a refund` },
  { weight: 1, arbitrary: text`${who} reads` },
  { weight: 2, arbitrary: text`${who} shows the code` },
  { weight: 2, arbitrary: text`the time to pay is over for the ${who}` },
  { weight: 2, arbitrary: constant<Step>('the rival books') },
  { weight: 3, arbitrary: text`late money comes for the ${who}` },
  { weight: 2, arbitrary: text`the ${who}’s attempt is closed` },
  {
    weight: 5,
    arbitrary: text`${constantFrom(1, 2, 3)} notices of ${constantFrom('payments', 'refunds')} arrive`,
  },
  {
    weight: 2,
    arbitrary: text`an operator makes a manual refund of ${constantFrom('all', 'a part')} for the ${who}`,
  },
  { weight: 2, arbitrary: constant<Step>('an operator retries refunds') },
  {
    weight: 1,
    arbitrary: text`an operator ${constantFrom('accepts', 'refunds')} the mismatch of the ${who}`,
  },
  { weight: 1, arbitrary: text`an operator dismisses the other transaction of the ${who}` },
  { weight: 1, arbitrary: text`WeChat collects less from the ${who}` },
  { weight: 1, arbitrary: text`WeChat reports another transaction for the ${who}’s payment` },
  { weight: 1, arbitrary: constant<Step>('the stay is over') },
  { weight: 4, arbitrary: text`WeChat ends refunds as ${constantFrom('SUCCESS', 'CLOSED', 'ABNORMAL')}` },
  { weight: 2, arbitrary: constant<Step>('a minute passes') },
  { weight: 6, arbitrary: text`the ${constantFrom('recheck', 'close', 'refund', 'relay', 'expiry')} loop runs` },
  { weight: 2, arbitrary: constant<Step>('the decision loop runs') },
  { weight: 2, arbitrary: constant<Step>('jobs are enqueued') },
  { weight: 3, arbitrary: constant<Step>('jobs run') },
  { weight: 4, arbitrary: constant<Step>('payments are applied') },
  { weight: 1, arbitrary: constant<Step>('all jobs are lost') },
  {
    weight: 3,
    arbitrary: text`WeChat ${constantFrom('forgets to answer', 'is down for', 'signs wrongly', 'refuses')} the next ${call}`,
  },
  { weight: 1, arbitrary: constant<Step>('a payment succeeds before the next close') },
)

const paid: Step[] = ['guest taps', 'guest pays', '1 notices of payments arrive', 'payments are applied']
const underReview: Step[] = ['guest taps', 'WeChat collects less from the guest', ...paid.slice(1)]
/** An operator accepted a mismatch, and WeChat gave no answer when the decision was to be carried out. */
const decided: Step[] = [
  ...underReview,
  'WeChat is down for the next query',
  'an operator accepts the mismatch of the guest',
]
/** A manual refund of a part is ABNORMAL; the guest requests a refund of the rest, which succeeds. */
const refundedInParts: Step[] = [
  ...paid,
  'an operator makes a manual refund of a part for the guest',
  'WeChat ends refunds as ABNORMAL',
  '1 notices of refunds arrive',
  'guest requests a refund',
  'the refund loop runs',
  'WeChat ends refunds as SUCCESS',
  'an operator retries refunds',
]
const late: Step[] = ['guest taps', 'guest cancels', 'late money comes for the guest', ...paid.slice(2)]

/** A life of two orders; most start in a state where much can happen. */
export const life: Arbitrary<Step[]> = tuple(
  constantFrom<Step[]>(
    [],
    ['guest taps'],
    ['guest taps', 'guest pays'],
    paid,
    [...paid, 'guest requests a refund'],
    underReview,
    decided,
    refundedInParts,
    late,
  ),
  array(
    oneof(
      { weight: 4, arbitrary: single },
      { weight: 2, arbitrary: array(single, { minLength: 2, maxLength: 3 }).map((atOnce): Step => ({ atOnce })) },
    ),
    { maxLength: 12, size: 'max' },
  ),
).map(([first, rest]) => [...first, ...rest])

export function describeLife(steps: Step[]): string {
  return steps
    .map((step) => (typeof step === 'string' ? step : `at once: ${describeLife(step.atOnce).split('\n').join('; ')}`))
    .join('\n')
}
