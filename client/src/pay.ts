import { WxPayDocument, type WxPayInput } from '../generated/graphql.ts'
import { unlessClosed } from './close-signal.ts'
import type { SheetResult } from './platform.ts'
import { type QueryDeps, queryUntilKnown } from './query-until-known.ts'
import { sendRequest } from './request.ts'
import { decide, type Payment, type PayResult, type WxPayParams } from './result.ts'
import type { PaymentListener } from './watch.ts'

export interface PayDeps extends Omit<QueryDeps, 'onPayment'> {
  watchPayment: (sn: string, listener: PaymentListener) => () => void
}

type ShowSheet = (params: WxPayParams) => Promise<SheetResult>

/** What is known so far about a payment under way. */
interface Progress {
  /** Set once the payment is opened. */
  paymentSn?: string
  /** The newest state received. */
  payment: Payment | null
}

/**
 * Opens the payment of an order, shows the pay sheet, and resolves with the server's result; resolves at once when the
 * client is closed.
 *
 * @throws {Error} when no pay sheet can be shown.
 */
export async function payOrder(deps: PayDeps, input: WxPayInput): Promise<PayResult> {
  const { requestPayment } = deps.endpoint.platform
  if (!requestPayment) {
    throw new Error('Pass `wx`, or `requestPayment`, to createPayClient: without them nobody can show a pay sheet.')
  }
  const progress: Progress = { payment: null }
  const onPayment = (payment: Payment) => {
    if (!progress.payment || payment.version > progress.payment.version) progress.payment = payment
  }
  const work = () => openAndConfirm({ ...deps, onPayment }, input, progress, requestPayment)
  return unlessClosed(deps.endpoint.closeSignal, work, () => resultWhenClosed(progress))
}

function resultWhenClosed({ paymentSn, payment }: Progress): PayResult {
  if (paymentSn !== undefined) return { outcome: 'NOT_PAID', reason: 'UNCONFIRMED', paymentSn, payment }
  return { outcome: 'REFUSED', code: 'NETWORK', message: 'The client is closed: no pay sheet was shown.' }
}

async function openAndConfirm(
  deps: PayDeps & QueryDeps,
  input: WxPayInput,
  progress: Progress,
  showSheet: ShowSheet,
): Promise<PayResult> {
  const answer = await sendRequest(deps.endpoint, WxPayDocument, { input })
  if (deps.endpoint.closeSignal.isClosed()) return resultWhenClosed(progress)
  if (!answer.ok) return { outcome: 'REFUSED', ...answer.problem }
  const { wxPay } = answer.data
  if (wxPay.__typename === 'WxPayParams') {
    progress.paymentSn = wxPay.paymentSn
    return confirm(deps, wxPay, showSheet)
  }
  if (wxPay.__typename === 'OrderAlreadyPaidError') {
    progress.paymentSn = wxPay.paymentSn
    // Paid in the meantime, for example on another device. It may have been refunded since: query the payment.
    return queryUntilKnown(deps, wxPay.paymentSn, 'PAID')
  }
  const { __typename: _type, ...problem } = wxPay
  return { outcome: 'REFUSED', ...problem }
}

/** The server's state decides, whether pushed or queried; what the pay sheet reports only says when to query. */
function confirm(deps: PayDeps & QueryDeps, params: WxPayParams, showSheet: ShowSheet): Promise<PayResult> {
  const { paymentSn } = params
  return new Promise((resolve, reject) => {
    let isDecided = false
    let isSheetClosed = false
    let stop: (() => void) | undefined
    const finish = (result: PayResult) => {
      isDecided = true
      stop?.()
      resolve(result)
    }
    const fail = (error: unknown) => {
      isDecided = true
      stop?.()
      reject(error)
    }
    const watch = () => {
      stop = deps.watchPayment(paymentSn, {
        onPayment: (payment) => {
          deps.onPayment(payment)
          const result = decide(payment)
          if (result) finish(result)
        },
        onEnd: () => void queryInstead().catch(fail),
      })
    }
    const isSuperseded = () => isDecided || isSheetClosed
    // The pay sheet may never call back: once watching has ended, querying is the only way to a result.
    const queryInstead = async () => {
      if (isSuperseded()) return
      const result = await queryUntilKnown(deps, paymentSn, 'PAID', isSuperseded)
      if (isSuperseded()) return
      // Unconfirmed: the pay sheet may still be open.
      if (result.outcome === 'NOT_PAID' && result.reason === 'UNCONFIRMED') watch()
      else finish(result)
    }
    watch()
    showSheet(params)
      .then((sheetResult) => {
        isSheetClosed = true
        return queryUntilKnown(deps, paymentSn, sheetResult, () => isDecided)
      })
      .then(finish)
      .catch(fail)
  })
}
