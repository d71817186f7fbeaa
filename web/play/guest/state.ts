import type { Homestay, MessageTemplate, Order, PayParams } from '../api/types.ts'
import type { ShownFailure } from '../failure.tsx'
import type { Message } from '../wechat/ledger.ts'
import type { Booking } from './booking.ts'

export type Tab = 'stays' | 'orders' | 'messages'

/** WeChat's sheet while it is open. */
export interface PaySheet {
  orderSn: string
  amountFen: number
  /** For `wx.requestPayment`. */
  params: PayParams
  isPaid: boolean
  failure: ShownFailure | undefined
}

/** WeChat's question which messages the mini-program may send, while it is open. */
export interface ConsentSheet {
  orderSn: string
  templates: readonly MessageTemplate[]
  /** The ids of those that are ticked. */
  allowed: ReadonlySet<string>
}

export interface GuestState {
  openid: string
  isSignedIn: boolean
  isBusy: boolean
  /** While what the tab remembers from before its reload is read again. */
  isResuming: boolean
  /** The last failure, for the screen that is shown. */
  failure: ShownFailure | undefined
  tab: Tab
  homestays: readonly Homestay[]
  orders: readonly Order[]
  messages: readonly Message[]
  unread: number
  banner: Message | undefined
  /** The booking being made, and the order being shown. */
  booking: Booking | undefined
  order: Order | undefined
  isLive: boolean
  /** What WeChat can ask the guest about; undefined while it isn't known. */
  templates: readonly MessageTemplate[] | undefined
  /** WeChat shows one sheet at a time: the question first, what is to be paid once it is answered. */
  consent: ConsentSheet | undefined
  sheet: PaySheet | undefined
  /** Numbers of the payments that the phone has made, whether or not the server knows yet. */
  paid: ReadonlySet<string>
  /** Numbers of the payments that have a live stream. */
  watched: ReadonlySet<string>
}

export const SIGNED_OUT: Omit<GuestState, 'openid'> = {
  isSignedIn: false,
  isBusy: false,
  isResuming: false,
  failure: undefined,
  tab: 'stays',
  homestays: [],
  orders: [],
  messages: [],
  unread: 0,
  banner: undefined,
  booking: undefined,
  order: undefined,
  isLive: true,
  templates: undefined,
  consent: undefined,
  sheet: undefined,
  paid: new Set(),
  watched: new Set(),
}

/** Whether the phone has paid the order's payment. */
export function isPaidOnPhone({ paid }: Pick<GuestState, 'paid'>, order: Order | undefined): boolean {
  return order?.payment ? paid.has(order.payment.sn) : false
}
