import type { Store } from '../../kit/store.ts'
import type { Order, PayParams } from '../api/types.ts'
import { type ShownFailure, shown } from '../failure.tsx'
import type { Failure } from '../text.ts'
import type { Words } from '../traffic/traffic.ts'
import type { NoticeFault } from '../wechat/faults.ts'
import type { PaymentParts } from './parts.ts'
import { openPaymentWatch } from './payment-watch.ts'
import { type GuestState, isPaidOnPhone } from './state.ts'
import { openTroubleActions } from './trouble-actions.ts'

/** How long WeChat's sheet shows "paid" before it closes. */
const SHEET_LINGERS_MS = 1100

/** Runs one action at a time. */
type Act = (work: () => Promise<unknown>) => Promise<void>

/** The guest's payments: opening, paying, cancelling, refunding, and what can go wrong. */
export function openPayments(parts: PaymentParts) {
  const { store } = parts
  const watching = openPaymentWatch(parts)
  const orders = openOrderActions(parts)
  const phone = openPhoneActions(parts, { ...orders, ...watching })
  const trouble = openTroubleActions(parts, { ...orders, ...watching, paramsBySn: phone.paramsBySn })
  return {
    /** Shows an order, and watches its payment. */
    async show(sn: string) {
      const find = () => store.state.orders.find((order) => order.sn === sn)
      store.change({ order: find(), booking: undefined, tab: 'orders' })
      await parts.loadOrder(sn)
      const order = find()
      if (!order?.payment || ['CLOSED', 'REFUNDED'].includes(order.payment.status)) return
      await watching.watch(sn, order.payment.sn)
      if (isPaidOnPhone(store.state, order)) void watching.queryWhilePending(sn, order.payment.sn).catch(parts.fail)
    },
    actions(act: Act) {
      const onOrder = (work: (order: Order) => Promise<unknown>) => () => {
        const { order } = store.state
        return act(async () => order && work(order))
      }
      return {
        pay: onOrder(phone.open),
        closeSheet: () => store.change({ sheet: undefined }),
        payOnPhone: (noticeFault: NoticeFault | undefined) => act(() => phone.pay(noticeFault)),
        cancel: onOrder((order) => orders.end('cancelHomestayOrder', order)),
        refund: (isAbnormal: boolean) =>
          onOrder(async (order) => {
            if (isAbnormal) await trouble.spoilRefund(order)
            return orders.end('refundHomestayOrder', order)
          })(),
        payAgain: (order: Order) => actWithResult(act, () => trouble.payAgain(order)),
        payLate: (order: Order) => actWithResult(act, () => trouble.payLate(order)),
        refundElsewhere: (order: Order) => actWithResult(act, () => trouble.refundElsewhere(order)),
      }
    },
  }
}

type OrderActions = ReturnType<typeof openOrderActions>
type Watching = ReturnType<typeof openPaymentWatch>

/** WeChat's sheet: opening it, and paying there. */
function openPhoneActions(parts: PaymentParts, { refuse, watch, queryWhilePending }: OrderActions & Watching) {
  const { api, sandbox, traffic, store, askForMessages, loadOrder, fail } = parts
  /** The `wx.requestPayment` parameters of each payment. */
  const paramsBySn = new Map<string, PayParams>()
  return {
    paramsBySn,
    async open({ sn, orderTotalPrice }: Order) {
      traffic.setAutoScroll(true)
      askForMessages(sn)
      const params = await api.call('wxPay', { orderSn: sn }, sn)
      if (!('paySign' in params)) {
        refuse(sn, params)
        return loadOrder(sn)
      }
      paramsBySn.set(params.paymentSn, params)
      await watch(sn, params.paymentSn)
      // Between two awaits the guest may have opened another screen.
      if (!sandbox || store.state.order?.sn !== sn) return
      store.change({ sheet: { orderSn: sn, amountFen: orderTotalPrice, params, isPaid: false, failure: undefined } })
    },
    async pay(noticeFault: NoticeFault | undefined) {
      const { sheet } = store.state
      if (!sheet || !sandbox) return
      const { orderSn, params } = sheet
      if (noticeFault !== undefined) await sandbox.addNoticeFault(params.paymentSn, noticeFault)
      const { code, message } = await sandbox.pay(params)
      if (code !== undefined) return showInSheet(store, shown({ code, message }))
      closeSheetPaid(store, sheet)
      if (noticeFault === 'wrong-amount') await sandbox.sendWrongAmount(params.paymentSn)
      void queryWhilePending(orderSn, params.paymentSn).catch(fail)
    },
  }
}

function openOrderActions({ api, sandbox, store, loadOrder }: PaymentParts) {
  const refuse = (orderSn: string, failure: Failure) => {
    if (store.state.order?.sn === orderSn) store.change({ failure: shown(failure) })
  }
  return {
    /** Shows a refusal where its order is still shown. */
    refuse,
    /** @returns whether the operation succeeded. */
    async end(operation: 'cancelHomestayOrder' | 'refundHomestayOrder', { sn }: Order) {
      const result = await api.call(operation, { sn }, sn)
      sandbox?.expectChanges()
      const isDone = 'tradeState' in result
      if (!isDone) refuse(sn, result)
      await loadOrder(sn)
      return isDone
    },
  }
}

function showInSheet(store: Store<GuestState>, failure: ShownFailure): void {
  const { sheet } = store.state
  if (sheet) store.change({ sheet: { ...sheet, failure } })
}

/** Marks the payment as made. The sheet says so, and closes a little later; one that was closed meanwhile stays closed. */
function closeSheetPaid(store: Store<GuestState>, sheet: NonNullable<GuestState['sheet']>): void {
  const paid = new Set([...store.state.paid, sheet.params.paymentSn])
  const paidSheet = { ...sheet, isPaid: true, failure: undefined }
  const isOpen = store.state.sheet?.params === sheet.params
  store.change({ paid, ...(isOpen ? { sheet: paidSheet } : {}) })
  setTimeout(() => {
    if (store.state.sheet === paidSheet) store.change({ sheet: undefined })
  }, SHEET_LINGERS_MS)
}

/** Like `act`, but resolves with the result of `work`; with nothing when it failed. */
async function actWithResult(act: Act, work: () => Promise<Words>): Promise<Words> {
  let result: Words = ''
  await act(async () => {
    result = await work()
  })
  return result
}
