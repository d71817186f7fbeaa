import { openStore } from '../../kit/store.ts'
import type { TextKey } from '../text.ts'
import { say, type Words } from '../traffic/traffic.ts'
import type { NoticeFault } from '../wechat/faults.ts'
import type { Outages } from './outages.ts'

/** What can happen to the next payment's notice: its text, and the fault; undefined when it arrives as usual. */
export const NOTICES = {
  noticeArrives: undefined,
  noticeLost: 'lost',
  noticeTwice: 'twice',
  noticeForged: 'wrong-signature',
  noticeAmount: 'wrong-amount',
} as const satisfies Partial<Record<TextKey, NoticeFault | undefined>>
export type NoticeChoice = keyof typeof NOTICES

/** What can become of the next refund. */
export const REFUNDS = ['refundArrives', 'refundAbnormal'] as const satisfies TextKey[]
export type RefundChoice = (typeof REFUNDS)[number]

interface TroubleState {
  notice: NoticeChoice
  refund: RefundChoice
  /** What came of the last fault, and the order that it belongs to. */
  result: { orderSn: string; words: Words } | undefined
}

export type Trouble = ReturnType<typeof openTrouble>

/** Faults to try out: in notices and refunds, on an order, and parts that are away. */
export function openTrouble(outages: Outages) {
  const store = openStore<TroubleState>({ notice: 'noticeArrives', refund: 'refundArrives', result: undefined })
  return {
    subscribe: store.subscribe,
    get state() {
      return store.state
    },
    outages,
    chooseNotice: (notice: NoticeChoice) => store.change({ notice }),
    chooseRefund: (refund: RefundChoice) => store.change({ refund }),
    /** The fault of the next payment's notice, for one payment only. */
    takeNoticeFault(): NoticeFault | undefined {
      const fault = NOTICES[store.state.notice]
      store.change({ notice: 'noticeArrives' })
      return fault
    },
    /** Whether the next refund shall go wrong, for one refund only. */
    takeRefundFault(): boolean {
      const isAbnormal = store.state.refund === 'refundAbnormal'
      store.change({ refund: 'refundArrives' })
      return isAbnormal
    },
    async make(orderSn: string, work: () => Promise<Words>): Promise<void> {
      const words = await work()
      store.change({ result: { orderSn, words } })
    },
    /** What came of the last fault, if it belongs to this order. */
    resultOf(orderSn: string | undefined): string {
      const { result } = store.state
      return result && result.orderSn === orderSn ? say(result.words) : ''
    },
  }
}
