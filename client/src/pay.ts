import { WxPayDocument, type WxPayInput } from '../generated/graphql.ts'
import { ask } from './ask.ts'
import { type AskDeps, askUntilKnown } from './ask-until-known.ts'
import { unlessClosed } from './closing.ts'
import type { PhoneWord } from './platform.ts'
import { decide, type Payment, type PayResult, type WxPayParams } from './result.ts'
import type { PaymentListener } from './watch.ts'

export interface PayDeps extends Omit<AskDeps, 'onPayment'> {
  watchPayment: (sn: string, listener: PaymentListener) => () => void
}

type ShowSheet = (params: WxPayParams) => Promise<PhoneWord>

/** How far a pay has come. */
interface Progress {
  /** Once the payment is opened. */
  paymentSn?: string
  /** The newest state heard of. */
  payment: Payment | null
}

/**
 * Opens the payment of an order, shows the pay sheet, and resolves with what the server says about it; at once when the
 * client is closed.
 *
 * @throws {Error} when nobody can show a pay sheet.
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
  return unlessClosed(deps.closing, work, () => whenClosed(progress))
}

function whenClosed({ paymentSn, payment }: Progress): PayResult {
  if (paymentSn !== undefined) return { outcome: 'NOT_PAID', reason: 'UNCONFIRMED', paymentSn, payment }
  return { outcome: 'REFUSED', code: 'NETWORK', message: 'The client is closed: no pay sheet was shown.' }
}

async function openAndConfirm(
  deps: PayDeps & AskDeps,
  input: WxPayInput,
  progress: Progress,
  showSheet: ShowSheet,
): Promise<PayResult> {
  const answer = await ask(deps.endpoint, WxPayDocument, { input })
  if (deps.closing.isClosed()) return whenClosed(progress)
  if (!answer.ok) return { outcome: 'REFUSED', ...answer.problem }
  const { wxPay } = answer.data
  if (wxPay.__typename === 'WxPayParams') {
    progress.paymentSn = wxPay.paymentSn
    return confirm(deps, wxPay, showSheet)
  }
  if (wxPay.__typename === 'OrderAlreadyPaidError') {
    progress.paymentSn = wxPay.paymentSn
    // Paid meanwhile, on another device for example: whether it still is, the payment knows.
    return askUntilKnown(deps, wxPay.paymentSn, 'PAID')
  }
  const { __typename: _type, ...problem } = wxPay
  return { outcome: 'REFUSED', ...problem }
}

/** The server's word decides, over the stream or when asked; the phone's says when to ask. */
function confirm(deps: PayDeps & AskDeps, params: WxPayParams, showSheet: ShowSheet): Promise<PayResult> {
  const { paymentSn } = params
  return new Promise((resolve, reject) => {
    let isDecided = false
    let hasWord = false
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
        onEnd: () => void askInstead().catch(fail),
      })
    }
    const isNeedless = () => isDecided || hasWord
    // The phone may never call back: without a watch, somebody has to ask.
    const askInstead = async () => {
      if (isNeedless()) return
      const result = await askUntilKnown(deps, paymentSn, 'PAID', isNeedless)
      if (isNeedless()) return
      // Unconfirmed: the pay sheet may still be open.
      if (result.outcome === 'NOT_PAID' && result.reason === 'UNCONFIRMED') watch()
      else finish(result)
    }
    watch()
    showSheet(params)
      .then((word) => {
        hasWord = true
        return askUntilKnown(deps, paymentSn, word, () => isDecided)
      })
      .then(finish)
      .catch(fail)
  })
}
