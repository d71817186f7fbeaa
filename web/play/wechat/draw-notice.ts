import { clock } from '../../kit/format.ts'
import { t } from '../text.ts'
import type { RowInput } from '../traffic/traffic.ts'
import type { Draw, StatedAnswer } from './drawing.ts'
import type { Notice } from './ledger.ts'

/** What is known of one delivery. */
interface Delivery {
  number: number
  /** The fault that the page has injected into it. */
  fault: string | undefined
  isOver: boolean
  isTaken: boolean
  /** When the next one is due, as a text; empty when none is. */
  again: () => string
}

interface NoticeContext {
  /** What the page has injected into the first delivery. */
  fault: string | undefined
  orderSn: string | undefined
}

/** One row for every delivery; the first is drawn as soon as it is under way. */
export function drawNotice(draw: Draw, notice: Notice, { fault, orderSn }: NoticeContext): void {
  for (let number = 1; number <= Math.max(1, notice.attempts); number++) {
    const delivery = deliveryOf(notice, number, number === 1 ? fault : undefined)
    draw(`notice ${notice.noticeId} ${number}`, { ...rowOf(notice, delivery), orderSn }, answerOf(delivery))
  }
}

function deliveryOf({ attempts, state, nextAttemptAt }: Notice, number: number, fault: string | undefined): Delivery {
  const isOver = number <= attempts
  // For earlier deliveries, the ledger no longer knows when the next one was due.
  const isNext = number === attempts && state === 'WAITING'
  return {
    number,
    fault,
    isOver,
    isTaken: isOver && number === attempts && state === 'TAKEN',
    again: () => (isNext ? t('trafficAgain', { time: clock(new Date(nextAttemptAt)) }) : ''),
  }
}

function rowOf({ eventType, content }: Notice, { number, fault, isOver, again }: Delivery): RowInput {
  const title = () =>
    [eventType, fault === 'twice' && '×2', number > 1 && t('trafficRepeat', { attempt: number })]
      .filter(Boolean)
      .join(' ')
  const lost = { tone: 'lost', note: () => joined(t('trafficLost'), isOver ? again() : '') } as const
  return {
    from: 'wechat',
    to: 'api',
    title,
    ...(isLost(fault) ? lost : {}),
    parts: [{ text: () => t('trafficNotice') }, { json: content }],
  }
}

/** Undefined where no answer came, or none yet. */
function answerOf({ fault, isOver, isTaken, again }: Delivery): StatedAnswer | undefined {
  if (!isOver || (isLost(fault) && !isTaken)) return undefined
  const refusal = () => joined(fault === 'wrong-signature' ? '401' : t('trafficUntaken'), again())
  return { state: 'over', failed: !isTaken, note: isTaken ? '204' : refusal }
}

/** Of a wrong amount, the notice itself is lost: another comes instead. */
function isLost(fault: string | undefined): boolean {
  return fault === 'lost' || fault === 'wrong-amount'
}

function joined(...parts: string[]): string {
  return parts.filter(Boolean).join(' · ')
}
