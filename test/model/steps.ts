import { type Arbitrary, array, constant, constantFrom, oneof, tuple } from 'fast-check'

/** Which of the two orders over the same nights: the guest's, or the rival's, who may book them when they are free. */
export type Who = 'guest' | 'rival'

/** Whatever a person, WeChat, a worker or bad luck may do next. As text, so that a counterexample can be read. */
export type Step =
  | `${Who} ${'taps' | 'pays' | 'cancels' | 'asks for a refund' | 'reads' | 'shows the code'}`
  | `the time to pay is over for the ${Who}`
  | 'the rival books'
  | `money comes late for the ${Who}`
  | `the ${Who} gets another attempt`
  | `${1 | 2 | 3} notices of ${'payments' | 'refunds'} arrive`
  | `an operator refunds ${'all' | 'a part'} by hand for the ${Who}`
  | 'an operator tries refunds again'
  | `an operator ${'accepts' | 'gives back'} what doesn’t fit of the ${Who}’s`
  | `an operator dismisses what is foreign of the ${Who}’s`
  | `WeChat collects less from the ${Who}`
  | `WeChat tells the ${Who}’s payment of a foreign transaction`
  | `WeChat ends refunds as ${'SUCCESS' | 'CLOSED' | 'ABNORMAL'}`
  | 'a minute passes'
  | 'the stay is over'
  | `the ${'asking' | 'closing' | 'refunding' | 'relay' | 'expiry' | 'decision'} loop runs`
  | 'jobs run'
  | 'orders follow'
  | 'all jobs are lost'
  | `WeChat ${'forgets to answer' | 'is down for' | 'signs wrongly' | 'refuses'} the next ${'prepay' | 'query' | 'close' | 'refund'}`
  | 'a payment wins against the next close'
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
  { weight: 5, arbitrary: text`${who} asks for a refund` },
  { weight: 1, arbitrary: text`${who} reads` },
  { weight: 2, arbitrary: text`${who} shows the code` },
  { weight: 2, arbitrary: text`the time to pay is over for the ${who}` },
  { weight: 2, arbitrary: constant<Step>('the rival books') },
  { weight: 3, arbitrary: text`money comes late for the ${who}` },
  { weight: 2, arbitrary: text`the ${who} gets another attempt` },
  {
    weight: 5,
    arbitrary: text`${constantFrom(1, 2, 3)} notices of ${constantFrom('payments', 'refunds')} arrive`,
  },
  {
    weight: 2,
    arbitrary: text`an operator refunds ${constantFrom('all', 'a part')} by hand for the ${who}`,
  },
  { weight: 2, arbitrary: constant<Step>('an operator tries refunds again') },
  {
    weight: 1,
    arbitrary: text`an operator ${constantFrom('accepts', 'gives back')} what doesn’t fit of the ${who}’s`,
  },
  { weight: 1, arbitrary: text`an operator dismisses what is foreign of the ${who}’s` },
  { weight: 1, arbitrary: text`WeChat collects less from the ${who}` },
  { weight: 1, arbitrary: text`WeChat tells the ${who}’s payment of a foreign transaction` },
  { weight: 1, arbitrary: constant<Step>('the stay is over') },
  { weight: 4, arbitrary: text`WeChat ends refunds as ${constantFrom('SUCCESS', 'CLOSED', 'ABNORMAL')}` },
  { weight: 2, arbitrary: constant<Step>('a minute passes') },
  { weight: 6, arbitrary: text`the ${constantFrom('asking', 'closing', 'refunding', 'relay', 'expiry')} loop runs` },
  { weight: 2, arbitrary: constant<Step>('the decision loop runs') },
  { weight: 3, arbitrary: constant<Step>('jobs run') },
  { weight: 4, arbitrary: constant<Step>('orders follow') },
  { weight: 1, arbitrary: constant<Step>('all jobs are lost') },
  {
    weight: 3,
    arbitrary: text`WeChat ${constantFrom('forgets to answer', 'is down for', 'signs wrongly', 'refuses')} the next ${call}`,
  },
  { weight: 1, arbitrary: constant<Step>('a payment wins against the next close') },
)

const paid: Step[] = ['guest taps', 'guest pays', '1 notices of payments arrive', 'orders follow']
const disputed: Step[] = ['guest taps', 'WeChat collects less from the guest', ...paid.slice(1)]
/** An operator has accepted what doesn't fit, and WeChat gave no answer when it was to be carried out. */
const decided: Step[] = [
  ...disputed,
  'WeChat is down for the next query',
  'an operator accepts what doesn’t fit of the guest’s',
]
/** A part is on its way back by hand, and hasn't arrived; the guest asks for the rest, and gets it. */
const inParts: Step[] = [
  ...paid,
  'an operator refunds a part by hand for the guest',
  'WeChat ends refunds as ABNORMAL',
  '1 notices of refunds arrive',
  'guest asks for a refund',
  'the refunding loop runs',
  'WeChat ends refunds as SUCCESS',
  'an operator tries refunds again',
]
const late: Step[] = ['guest taps', 'guest cancels', 'money comes late for the guest', ...paid.slice(2)]

/** A life of two orders; most begin where something can happen. */
export const life: Arbitrary<Step[]> = tuple(
  constantFrom<Step[]>(
    [],
    ['guest taps'],
    ['guest taps', 'guest pays'],
    paid,
    [...paid, 'guest asks for a refund'],
    disputed,
    decided,
    inParts,
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
