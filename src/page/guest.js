import { ApiError } from './api.js'
import { addDays, nightsOf, randomName, today } from './format.js'
import { openPayments } from './guest-payment.js'
import { failureText, t } from './text.js'

/** How many days are offered, starting with tomorrow. */
export const DAYS_OFFERED = 60

const HOLDING = ['WAIT_PAY', 'WAIT_USE', 'USED', 'REFUNDING']

/**
 * The state and the actions of the guest's app; it draws nothing.
 *
 * @param onChange called after every change of the state.
 */
export function openGuest({ api, live, sandbox, traffic, onChange }) {
  const state = {
    openid: localStorage.getItem('guest') ?? `o_guest_${randomName(4)}`,
    isSignedIn: false,
    isBusy: false,
    /** The last failure, for the screen that is shown. */
    failure: '',
    tab: 'stays',
    homestays: [],
    orders: [],
    messages: [],
    unread: 0,
    banner: undefined,
    /** The booking being made, and the order being shown. */
    booking: undefined,
    order: undefined,
    isLive: true,
    /** What WeChat's sheet shows while it is open, and the parameters of `wx.requestPayment`. */
    sheet: undefined,
    sheetFailure: '',
    /** Numbers of the payments that the phone has made, whether or not the server knows yet. */
    paid: new Set(),
    /** Numbers of the payments that have a live stream. */
    watched: new Set(),
  }
  const change = (changes) => {
    Object.assign(state, changes)
    onChange()
  }
  const signOut = (failure) => {
    api.signOut()
    live.close()
    change({ isSignedIn: false, booking: undefined, order: undefined, sheet: undefined, failure })
  }
  const fail = (error) => {
    if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') return signOut(t('UNAUTHENTICATED'))
    const known = error instanceof ApiError ? failureText(error) : t('unexpected', { message: String(error) })
    change({ failure: known })
  }
  /** Runs one action at a time, and shows its failure. */
  const act = async (work) => {
    if (state.isBusy) return
    change({ isBusy: true, failure: '' })
    await work().catch(fail)
    change({ isBusy: false })
  }
  const keepOrder = (order) => {
    const others = state.orders.filter(({ sn }) => sn !== order.sn)
    const { sheet } = state
    // Paid on another device, for example: WeChat's sheet has nothing left to do.
    const isOver = sheet?.orderSn === order.sn && !sheet.isPaid && order.tradeState !== 'WAIT_PAY'
    change({
      orders: [order, ...others],
      ...(state.order?.sn === order.sn ? { order } : {}),
      ...(isOver ? { sheet: undefined } : {}),
    })
  }
  /** One read at a time, so that the last answer is the newest. */
  let reading = Promise.resolve()
  const loadOrder = (isDone = () => true, sn = state.order?.sn) => {
    const read = async () => {
      const order = await api.poll('homestayOrder', { sn }, (result) => result !== null && isDone(result))
      if (order) keepOrder(order)
    }
    const done = reading.then(read)
    reading = done.catch(() => {})
    return done
  }
  const payments = openPayments({ api, live, sandbox, traffic, state, change, keepOrder, loadOrder, fail })

  return {
    state,
    change,
    signOut,
    loadOrder: () => act(() => loadOrder()),
    ...payments.actions(act),
    signIn: () => act(() => signIn({ api, sandbox, state, change })),
    showTab: (tab) =>
      change({
        tab,
        booking: undefined,
        order: undefined,
        failure: '',
        ...(tab === 'messages' ? { unread: 0, banner: undefined } : {}),
      }),
    choose: (homestay) => change({ booking: newBooking(state, homestay), failure: '' }),
    changeBooking: (changes) => change({ booking: { ...state.booking, ...changes }, failure: '' }),
    book: () => act(() => book({ api, state, change, keepOrder })),
    showOrder: (order) => act(() => payments.show(order)),
    receive(message) {
      change({ messages: [message, ...state.messages], unread: state.unread + 1, banner: message })
    },
  }
}

async function signIn({ api, sandbox, state, change }) {
  const session = await api.signIn(sandbox ? `code-${state.openid}` : state.openid)
  if (session.code) return change({ failure: failureText(session) })
  if (sandbox) localStorage.setItem('guest', state.openid)
  const [homestays, orders, messages] = await Promise.all([
    api.call('homestays'),
    api.call('homestayOrders'),
    sandbox?.watchMessages(state.openid) ?? [],
  ])
  change({
    isSignedIn: true,
    tab: 'stays',
    homestays: homestays.edges.map(({ node }) => node),
    orders: orders.edges.map(({ node }) => node),
    messages: messages.toReversed(),
    unread: 0,
  })
}

/**
 * Two random nights among the days offered, except nights that the guest has already booked there. Random, because on a
 * database that was used before, other guests have booked the first days.
 */
function newBooking({ orders }, homestay) {
  const own = orders.filter(({ homestayId, tradeState }) => homestayId === homestay.id && HOLDING.includes(tradeState))
  const taken = new Set(own.flatMap(({ liveStartDate, liveEndDate }) => nightsOf(liveStartDate, liveEndDate)))
  const arrival = firstFree(taken, addDays(today(), 2 + Math.floor(Math.random() * DAYS_OFFERED * 0.75)), 2)
  return {
    homestay,
    taken,
    arrival,
    nights: 2,
    people: Math.min(2, homestay.peopleNum),
    food: false,
    key: randomName(24),
  }
}

function firstFree(taken, from, nights) {
  let arrival = from
  while (nightsOf(arrival, addDays(arrival, nights)).some((night) => taken.has(night))) arrival = addDays(arrival, 1)
  return arrival
}

async function book({ api, state, change, keepOrder }) {
  const { homestay, taken, arrival, nights, people, food, key } = state.booking
  const leaving = addDays(arrival, nights)
  const order = await api.call('createHomestayOrder', {
    input: {
      homestayId: homestay.id,
      liveStartDate: arrival,
      liveEndDate: leaving,
      livePeopleNum: people,
      needFood: food,
      idempotencyKey: key,
    },
  })
  if (order.code === 'HOMESTAY_UNAVAILABLE') {
    const all = new Set([...taken, ...nightsOf(arrival, leaving)])
    const moved = { ...state.booking, taken: all, arrival: firstFree(all, arrival, nights), key: randomName(24) }
    return change({ booking: moved, failure: `${failureText(order)} ${t('moved')}` })
  }
  if (order.code) return change({ failure: failureText(order) })
  change({ order, booking: undefined, tab: 'orders' })
  keepOrder(order)
}

/** The expected price of a booking, in fen; the order has the actual one. */
export function priceOf({ homestay, nights, people, food }) {
  const heads = homestay.pricedBy === 'PERSON_NIGHT' ? people : 1
  const stay = homestay.homestayPrice * nights * heads
  const meals = food ? homestay.foodPrice * people * nights : 0
  return { stay, meals, total: stay + meals }
}

/** The guest's current step from sign-in to check-in, 0 to 6. */
export function stepOf({ isSignedIn, tab, booking, order, paid, orders }) {
  if (!isSignedIn) return 0
  if (booking || (tab === 'stays' && !order)) return 1
  const current = order ?? orders.find(({ tradeState }) => tradeState === 'WAIT_USE' || tradeState === 'WAIT_PAY')
  if (!current) return 1
  if (current.tradeState === 'WAIT_PAY') return paid.has(current.payment?.sn) ? 3 : 2
  return { WAIT_USE: 5, USED: 6 }[current.tradeState] ?? 1
}
