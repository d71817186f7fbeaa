import { openStore, type Store } from '../../kit/store.ts'
import { type Api, ApiError } from '../api/api.ts'
import type { Homestay, Order } from '../api/types.ts'
import { type ShownFailure, shown } from '../failure.tsx'
import { t } from '../text.ts'
import type { Message } from '../wechat/ledger.ts'
import { type Booking, book, changeStay, readOffered, startBooking, suggestStay } from './booking.ts'
import { openConsent } from './consent.ts'
import { isOnItsWay } from './message-states.ts'
import { isApplied, keepOrder, type LoadOrder, openOrderReads, orderOfMessage } from './orders-known.ts'
import type { GuestParts } from './parts.ts'
import { openPayments } from './payments.ts'
import { forgetSession, guestName, rememberSession, resumeSession, signIn } from './session.ts'
import { type GuestState, SIGNED_OUT, type Tab } from './state.ts'

export type Guest = ReturnType<typeof openGuest>

/** The state and the actions of the guest's app; it draws nothing. */
export function openGuest(parts: GuestParts) {
  const { api, live } = parts
  const store = openStore<GuestState>({ ...SIGNED_OUT, openid: guestName() })
  const { change } = store
  store.subscribe(() => rememberSession(api, store.state))
  const signOut = (failure: ShownFailure) => {
    forgetSession()
    api.signOut()
    live.close()
    change({ isSignedIn: false, booking: undefined, order: undefined, consent: undefined, sheet: undefined, failure })
  }
  const { act, fail } = openActing(store, signOut)
  const reads = openOrderReads(api, store, fail)
  const consent = openConsent({ ...parts, store, keepMessages: reads.keepMessages, fail })
  const payments = openPayments({
    ...parts,
    store,
    askForMessages: consent.askForMessages,
    loadOrder: reads.load,
    fail,
  })
  return {
    subscribe: store.subscribe,
    get state() {
      return store.state
    },
    signOut,
    orderOfMessage: (message: Message) => orderOfMessage(store.state, message),
    /** Whether the refund of the order that is shown can't reach the guest's account. */
    hasAbnormalRefund(): boolean {
      const payment = store.state.order?.payment
      return payment?.status === 'REFUNDING' && parts.sandbox?.abnormalRefundOf(payment.sn) !== undefined
    },
    rename: (name: string) => change({ openid: name }),
    setLive: (isLive: boolean) => change({ isLive }),
    loadOrder: () => act(() => reads.load(store.state.order?.sn)),
    /** Hears what became of the order that is shown while a part was away. */
    catchUp: () => catchUp(parts, store, { show: payments.show, load: reads.load }).catch(fail),
    signIn: () => act(() => signIn(parts, store)),
    /** Goes on where the guest was before the tab was loaded again. */
    resume: () => act(() => resumeSession(parts, store, payments)),
    ...openScreens(store),
    choose: (homestay: Homestay) => offerNights(api, store, homestay).catch(fail),
    receive: (message: Message) => receive(store, message, reads.load).catch(fail),
    book: () => act(() => bookIn(api, store)),
    showOrder: ({ sn }: Order) => act(() => payments.show(sn)),
    ...consent,
    ...payments.actions(act),
  }
}

/** Runs actions, and shows their failures. */
function openActing(store: Store<GuestState>, signOut: (failure: ShownFailure) => void) {
  const { change } = store
  const fail = (error: unknown) => {
    if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') return signOut(shown(error))
    const text = t('unexpected', { message: String(error) })
    change({ failure: error instanceof ApiError ? shown(error) : { text } })
  }
  /** Runs one action at a time, and shows its failure. */
  const act = async (work: () => Promise<unknown>) => {
    if (store.state.isBusy) return
    change({ isBusy: true, failure: undefined })
    await work().catch(fail)
    change({ isBusy: false })
  }
  return { act, fail }
}

/** What shows another screen, or other things on it, without asking anybody. */
function openScreens(store: Store<GuestState>) {
  const { change } = store
  return {
    showTab(tab: Tab) {
      const read = tab === 'messages' ? { unread: 0, banner: undefined } : {}
      change({ tab, booking: undefined, order: undefined, failure: undefined, ...read })
    },
    changeBooking(changes: Partial<Booking>) {
      const { booking } = store.state
      if (booking) change({ booking: changeStay(booking, changes), failure: undefined })
    },
    dropBanner: () => change({ banner: undefined }),
  }
}

/** Shows a homestay, and the nights that can be had there once they are known. */
async function offerNights(api: Api, store: Store<GuestState>, homestay: Homestay): Promise<void> {
  const started = startBooking(homestay)
  store.change({ booking: started, failure: undefined })
  const offered = await readOffered(api, homestay)
  // Meanwhile the guest may have gone elsewhere.
  const { booking } = store.state
  if (booking?.key === started.key) store.change({ booking: suggestStay(booking, offered) })
}

/** A message is on the phone: its order may not have known yet that it was sent. */
async function receive(store: Store<GuestState>, message: Message, load: LoadOrder): Promise<void> {
  const { messages, unread } = store.state
  store.change({ messages: [message, ...messages], unread: unread + 1, banner: message })
  const sn = orderOfMessage(store.state, message)
  const order = store.state.orders.find((known) => known.sn === sn)
  if (order?.messages.some((each) => isOnItsWay(order, each))) await load(sn)
}

async function catchUp(
  { sandbox }: GuestParts,
  { state: { order } }: Store<GuestState>,
  { show, load }: { show(sn: string): Promise<void>; load: LoadOrder },
): Promise<void> {
  if (!order) return
  sandbox?.expectChanges()
  await show(order.sn)
  await load(order.sn, (read) => read.payment === null || isApplied(read, read.payment))
}

async function bookIn(api: Api, store: Store<GuestState>): Promise<void> {
  const { booking } = store.state
  if (!booking) return
  const result = await book(api, booking)
  if (!('order' in result)) return store.change({ booking, ...result })
  store.change({ order: result.order, booking: undefined, tab: 'orders' })
  keepOrder(store, result.order)
}
