import { Mark, type Tone } from '../../kit/parts/mark.tsx'
import { textOr } from '../text.ts'

/** How good a state is, of an order, a payment, a refund or a bill; any other is quiet. */
const TONES: Record<string, Tone> = {
  SUCCESS: 'good',
  WAIT_USE: 'good',
  USED: 'good',
  DONE: 'good',
  PENDING: 'warn',
  WAIT_PAY: 'warn',
  REFUNDING: 'warn',
  REQUESTED: 'warn',
  PROCESSING: 'warn',
  DUE: 'warn',
  ABNORMAL: 'bad',
  MISSING: 'bad',
  DECIDE: 'bad',
}

/** A state by its word and a colour. The word is the one of the database where the page has none of its own. */
export function Status({ of }: { of: string }) {
  return <Mark text={textOr(`state.${of}`, of)} tone={TONES[of] ?? 'quiet'} title={of} />
}
