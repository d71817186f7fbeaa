import { WxPayDocument } from '../generated/graphql.ts'
import { ask, type Endpoint } from './ask.ts'
import type { Foreground } from './foreground.ts'
import type { PhoneWord } from './platform.ts'
import { askPayment } from './poll-stream.ts'
import { createRefusalJudge } from './refusal.ts'
import { decide, type NotPaidReason, type Payment, type PayResult, type WxPayParams } from './result.ts'
import { delay } from './stream.ts'
import type { PaymentListener } from './watch.ts'

/** The server asks WeChat about a payment once in 2 s. */
const ASK_EVERY_MS = 2_100
const FAILED_PATIENCE_MS = 4_000

export interface PayDeps {
  endpoint: Endpoint
  foreground: Foreground
  watchPayment: (sn: string, listener: PaymentListener) => () => void
  /** How long the server may take to confirm what the phone calls paid. */
  confirmMs: number
}

/**
 * Opens the payment of an order, shows the pay sheet, and resolves with what the server says about it.
 *
 * @throws {Error} when nobody can show a pay sheet.
 */
export async function payOrder(deps: PayDeps, orderSn: string): Promise<PayResult> {
  const { requestPayment } = deps.endpoint.platform
  if (!requestPayment) {
    throw new Error('Pass `wx`, or `requestPayment`, to createPayClient: without them nobody can show a pay sheet.')
  }
  const answer = await ask(deps.endpoint, WxPayDocument, { input: { orderSn } })
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
    const stop = deps.watchPayment(paymentSn, {
      onPayment: (payment) => {
        const result = decide(payment)
        if (result) finish(result)
      },
    })
    const finish = (result: PayResult) => {
      isDecided = true
      stop()
      resolve(result)
    }
    requestPayment(params)
      .then((word) => askUntilKnown(deps, paymentSn, word, () => isDecided))
      .then(finish)
      .catch((error: unknown) => {
        stop()
        reject(error)
      })
  })
}

const patienceAfter = (deps: PayDeps): Record<PhoneWord, { waitMs: number; reason: NotPaidReason }> => ({
  PAID: { waitMs: deps.confirmMs, reason: 'UNCONFIRMED' },
  CANCELLED: { waitMs: 0, reason: 'CANCELLED' },
  FAILED: { waitMs: Math.min(FAILED_PATIENCE_MS, deps.confirmMs), reason: 'FAILED' },
})

/** Asks until the server's state decides, or the patience is over; what can pass is no reason to give up. */
async function askUntilKnown(
  deps: PayDeps,
  paymentSn: string,
  word: PhoneWord,
  isDecided = () => false,
): Promise<PayResult> {
  const { waitMs, reason } = patienceAfter(deps)[word]
  const deadline = Date.now() + waitMs
  const isForGood = createRefusalJudge()
  let token: string | undefined
  const endpoint: Endpoint = {
    ...deps.endpoint,
    token: async () => {
      token = await deps.endpoint.token()
      return token
    },
  }
  let payment: Payment | null = null
  const undecided = (): PayResult => {
    return { outcome: 'NOT_PAID', reason: payment ? reason : 'UNCONFIRMED', paymentSn, payment }
  }
  for (;;) {
    await deps.foreground.whenVisible()
    const answer = await askPayment(endpoint, paymentSn)
    if (answer.ok) payment = answer.data
    else if (isForGood(answer.problem, token)) return { outcome: 'REFUSED', paymentSn, ...answer.problem }
    const result = payment && decide(payment)
    if (result) return result
    const restMs = deadline - Date.now()
    if (isDecided() || restMs <= 0) return undecided()
    const forbiddenMs = answer.ok ? 0 : 1_000 * (answer.problem.retryAfterSeconds ?? 0)
    await delay(Math.max(ASK_EVERY_MS, Math.min(forbiddenMs, restMs)))
    if (forbiddenMs > restMs) return undecided()
  }
}
