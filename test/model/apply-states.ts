import { type Arbitrary, array, boolean, constant, constantFrom, oneof, record, subarray, tuple } from 'fast-check'
import type {
  MessageKind,
  MismatchResolution,
  MismatchSubject,
  OrderTradeState,
  RefundCause,
  RefundStatus,
} from '../../prisma/client/enums.ts'

/** Fen; of every order, and of every payment that was paid. */
export const PRICE_FEN = 1_000

/** One attempt of an order, with everything that applying it may depend on. */
export interface AttemptState {
  isClosed: boolean
  isPaid: boolean
  isUnderReview: boolean
  isOnHold: boolean
  refunds: { cause: RefundCause; status: RefundStatus; refundTotal: number }[]
  mismatches: { subject: MismatchSubject; resolution: MismatchResolution | null }[]
  /** The messages that were enqueued before. */
  messages: MessageKind[]
  version: number
  /** How many of its versions aren't applied yet. */
  behind: number
}

/** A paid attempt without any history, which isn't applied yet. */
export const PLAIN_ATTEMPT: AttemptState = {
  isClosed: false,
  isPaid: true,
  isUnderReview: false,
  isOnHold: false,
  refunds: [],
  mismatches: [],
  messages: [],
  version: 2,
  behind: 1,
}

/** An order with its attempts, oldest first: only the newest may not be closed. */
export interface OrderState {
  tradeState: OrderTradeState
  /** Which of its paid attempts paid it; null when none did. */
  paidBy: number | null
  attempts: AttemptState[]
}

const NEVER_PAID: OrderTradeState[] = ['WAIT_PAY', 'CANCELLED']
const PAID: OrderTradeState[] = ['WAIT_USE', 'USED', 'EXPIRED', 'REFUNDING', 'REFUNDED']

const refunds = array(
  record({
    cause: constantFrom<RefundCause>('GUEST', 'UNAPPLIED', 'OPERATOR', 'MANUAL'),
    status: constantFrom<RefundStatus>('REQUESTED', 'PROCESSING', 'SUCCESS', 'CLOSED', 'ABNORMAL'),
    refundTotal: constantFrom(PRICE_FEN, 400, 600),
  }),
  { maxLength: 3 },
)

const mismatches = array(
  record({
    subject: constantFrom<MismatchSubject>('MONEY', 'REFUND'),
    resolution: constantFrom<MismatchResolution | null>(null, 'ACCEPTED', 'DISMISSED', 'SETTLED', 'REJECTED'),
  }),
  { minLength: 1, maxLength: 2 },
)

const mostly = <Value>(usual: Value, other: Arbitrary<Value>) =>
  oneof({ weight: 5, arbitrary: constant(usual) }, { weight: 1, arbitrary: other })

const attempt: Arbitrary<AttemptState> = record({
  isClosed: mostly(false, constant(true)),
  isPaid: mostly(true, constant(false)),
  isUnderReview: mostly(false, constant(true)),
  isOnHold: mostly(false, constant(true)),
  refunds: mostly<AttemptState['refunds']>([], refunds),
  mismatches: mostly<AttemptState['mismatches']>([], mismatches),
  messages: mostly<MessageKind[]>([], subarray<MessageKind>(['ORDER_PAID', 'CHECK_IN', 'REFUNDED'])),
  version: constantFrom(2, 2, 3, 5),
  behind: constantFrom(1, 1, 0, 2),
}).map(asPossible)

/** An order in any state with one to three attempts, most of them what the common case is about. */
export const orderState: Arbitrary<OrderState> = tuple(
  oneof(
    { weight: 4, arbitrary: tuple(attempt) },
    { weight: 1, arbitrary: array(attempt, { minLength: 2, maxLength: 3 }) },
  ),
  boolean(),
  constantFrom(...NEVER_PAID, 'WAIT_PAY', 'WAIT_PAY'),
  constantFrom(...PAID, 'WAIT_USE', 'WAIT_USE'),
).map(([attempts, wasPaid, unpaid, paid]) => {
  const closed = attempts.map((each, index) => (index < attempts.length - 1 ? { ...each, isClosed: true } : each))
  const paidBy = closed.findIndex(({ isPaid }) => isPaid)
  if (!wasPaid || paidBy === -1) return { tradeState: unpaid, paidBy: null, attempts: closed }
  return { tradeState: paid, paidBy, attempts: closed }
})

/** Within what the database lets in: no refunds without money, no more of it than was paid, no future versions. */
function asPossible(state: AttemptState): AttemptState {
  let leftFen = state.isPaid ? PRICE_FEN : 0
  const possible = state.refunds.filter(({ status, refundTotal }) => {
    if (status === 'CLOSED') return state.isPaid
    const fits = refundTotal <= leftFen
    if (fits) leftFen -= refundTotal
    return fits
  })
  return {
    ...state,
    refunds: possible,
    isOnHold: state.isPaid && state.isOnHold,
    behind: Math.min(state.behind, state.version),
  }
}

/** What the common case is, said once more: by what people and WeChat did, and not by columns. */
export function isCommon({ tradeState, attempts: [only, ...others] }: OrderState): boolean {
  if (!only || others.length > 0) return false
  const isPlain = only.isPaid && !only.isClosed && !only.isUnderReview && !only.isOnHold
  const hasHistory = only.refunds.length > 0 || only.mismatches.length > 0
  return isPlain && !hasHistory && ['WAIT_PAY', 'WAIT_USE', 'USED', 'EXPIRED'].includes(tradeState)
}
