import { yuan } from '../../kit/format.ts'
import type { Order } from '../api/types.ts'
import { type TextKey, t } from '../text.ts'
import { type GuestState, isPaidOnPhone } from './state.ts'

/** How far a purchase is, and what to do next. */
export interface Story {
  steps: readonly TextKey[]
  /** Of `steps`: those before it are done. All are, when it is past the last one. */
  current: number
  hint: TextKey
}

const TO_PAY: readonly TextKey[] = ['stepSignIn', 'stepBook', 'stepPay']
const TO_CODE: readonly TextKey[] = [...TO_PAY, 'stepLive']
const PURCHASE: readonly TextKey[] = [...TO_CODE, 'stepCode', 'stepRedeem']

/** The hints of a purchase, step by step, and of its end. */
const HINTS: readonly TextKey[] = [
  'hintSignIn',
  'hintBook',
  'hintPay',
  'hintLive',
  'hintRedeem',
  'hintRedeem',
  'hintDone',
]

type Progress = Pick<GuestState, 'isSignedIn' | 'tab' | 'booking' | 'order' | 'paid' | 'orders'>

/** The purchase that the guest is at: of the order that is shown, else of one that is under way, else a new one. */
export function storyOf(state: Progress): Story {
  const { isSignedIn, tab, booking, order, orders } = state
  if (!isSignedIn) return purchase(0)
  if (booking || (tab === 'stays' && !order)) return purchase(1)
  const shown = order ?? orders.find(({ tradeState }) => tradeState === 'WAIT_USE' || tradeState === 'WAIT_PAY')
  if (!shown) return purchase(1)
  switch (shown.tradeState) {
    case 'WAIT_PAY':
      if (shown.payment?.underReview) return { ...purchase(3), hint: 'hintReview' }
      return purchase(isPaidOnPhone(state, shown) ? 3 : 2)
    case 'WAIT_USE':
      return purchase(5)
    case 'USED':
      return purchase(6)
    case 'CANCELLED':
      return cancelled(shown)
    case 'REFUNDING':
      return ended(TO_CODE, 'stepRefunding', 'hintRefunding')
    case 'REFUNDED':
      return ended(TO_CODE, 'stepRefunded', 'hintRefunded')
    case 'EXPIRED':
      return ended(TO_CODE, 'stepExpired', 'hintExpired')
  }
}

/** What became of an order that was not used, in a sentence; undefined while its state says it all. */
export function endOf(order: Order): string | undefined {
  const { tradeState, payment } = order
  const amount = yuan(payment?.payerTotal ?? order.orderTotalPrice)
  switch (tradeState) {
    case 'CANCELLED':
      if (!hasLateMoney(order)) return t('storyCancelled')
      return t(payment?.status === 'REFUNDED' ? 'storyLateRefunded' : 'storyLate', { amount })
    case 'REFUNDING':
      return t('storyRefunding', { amount })
    case 'REFUNDED':
      return t('storyRefunded', { amount: yuan(payment?.refundedTotal || order.orderTotalPrice) })
    case 'EXPIRED':
      return t('storyExpired')
    case 'WAIT_PAY':
    case 'WAIT_USE':
    case 'USED':
      return undefined
  }
}

function purchase(current: number): Story {
  return { steps: PURCHASE, current, hint: HINTS[current] ?? 'hintDone' }
}

function cancelled(order: Order): Story {
  if (!hasLateMoney(order)) return ended(['stepSignIn', 'stepBook'], 'stepCancelled', 'hintCancelled')
  const steps: TextKey[] = ['stepSignIn', 'stepBook', 'stepCancelled', 'stepLate']
  return order.payment?.status === 'REFUNDED'
    ? ended(steps, 'stepRefunded', 'hintRefunded')
    : ended(steps, 'stepRefunding', 'hintRefunding')
}

function ended(before: readonly TextKey[], last: TextKey, hint: TextKey): Story {
  return { steps: [...before, last], current: before.length, hint }
}

/** Whether money came after the cancel. */
function hasLateMoney({ payment }: Order): boolean {
  return payment !== null && ['SUCCESS', 'REFUNDING', 'REFUNDED'].includes(payment.status)
}
