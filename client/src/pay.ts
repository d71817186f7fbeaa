import { WxPayDocument, type WxPayInput } from '../generated/graphql.ts'
import { ask } from './ask.ts'
import { type AskDeps, askUntilKnown } from './ask-until-known.ts'
import type { PhoneWord } from './platform.ts'
import { decide, type PayResult, type WxPayParams } from './result.ts'
import type { PaymentListener } from './watch.ts'

export interface PayDeps extends AskDeps {
  watchPayment: (sn: string, listener: PaymentListener) => () => void
}

/**
 * Opens the payment of an order, shows the pay sheet, and resolves with what the server says about it.
 *
 * @throws {Error} when nobody can show a pay sheet.
 */
export async function payOrder(deps: PayDeps, input: WxPayInput): Promise<PayResult> {
  const { requestPayment } = deps.endpoint.platform
  if (!requestPayment) {
    throw new Error('Pass `wx`, or `requestPayment`, to createPayClient: without them nobody can show a pay sheet.')
  }
  const answer = await ask(deps.endpoint, WxPayDocument, { input })
  if (!answer.ok) return { outcome: 'REFUSED', ...answer.problem }
  const { wxPay } = answer.data
  if (wxPay.__typename === 'WxPayParams') return confirm(deps, wxPay, requestPayment)
  // Paid meanwhile, on another device for example: whether it still is, the payment knows.
  if (wxPay.__typename === 'OrderAlreadyPaidError') return askUntilKnown(deps, wxPay.paymentSn, 'PAID')
  const { __typename: _type, ...problem } = wxPay
  return { outcome: 'REFUSED', ...problem }
}

/** The server's word decides, over the stream or when asked; the phone's says when to ask. */
function confirm(
  deps: PayDeps,
  params: WxPayParams,
  requestPayment: (params: WxPayParams) => Promise<PhoneWord>,
): Promise<PayResult> {
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
    requestPayment(params)
      .then((word) => {
        hasWord = true
        return askUntilKnown(deps, paymentSn, word, () => isDecided)
      })
      .then(finish)
      .catch(fail)
  })
}
