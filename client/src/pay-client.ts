import type { ServiceType, TypedDocumentString } from '../generated/graphql.ts'
import { createCloseSignal } from './close-signal.ts'
import type { Transport } from './fallback.ts'
import { watchForeground } from './foreground.ts'
import { payOrder } from './pay.ts'
import { createPolling, queryPayment } from './poll-stream.ts'
import { sendRequest } from './request.ts'
import type { Answer, Payment, PayResult } from './result.ts'
import { createSharedSocket } from './socket-stream.ts'
import { createEventStreams } from './sse-stream.ts'
import { type PaymentListener, watchPayment } from './watch.ts'
import { createWebPlatform, type WebOptions } from './web-platform.ts'
import type { Wx } from './wx.ts'
import { createWxPlatform } from './wx-platform.ts'

export * from '../generated/graphql.ts'
export type { WebSocketClass } from './platform.ts'
export type { Answer, NotPaidReason, Payment, PayResult, Problem, WxPayParams } from './result.ts'
export type { PaymentListener } from './watch.ts'
export type { Wx } from './wx.ts'

const SOCKET_ATTEMPTS = 2

export interface PayClientOptions extends WebOptions {
  /** Where GraphQL is served: `https://…/graphql`. */
  url: string
  /** The session's current accessToken; empty when nobody is signed in. Throwing counts as a network failure. */
  token: () => string | Promise<string>
  /** In a mini-program: `wx`. Without it, the browser's fetch is used, and its WebSocket or the one given. */
  wx?: Wx
  /** How long the socket stays open after the last watched payment; 10 s by default. */
  idleSocketMs?: number
  /** From the loss of a stream to the next attempt; 1 s by default. */
  reconnectMs?: number
  /** Between two polls, where no stream can be held open; 2.5 s by default. */
  pollMs?: number
  /** How long the server may take to confirm what the phone calls paid; 30 s by default. */
  confirmMs?: number
}

export interface PayOptions {
  /** The kind of order; HOMESTAY_ORDER by default. */
  serviceType?: ServiceType
}

export interface PayClient {
  /**
   * Opens the payment, shows the pay sheet, and resolves with what the server confirms. Safe to call twice: a second
   * call for the same order joins the first.
   *
   * @throws {Error} when no pay sheet can be shown: neither `wx` nor `requestPayment` was given.
   */
  pay(orderSn: string, options?: PayOptions): Promise<PayResult>
  /** The state of one of the user's payments; the server queries WeChat for a pending one. */
  paymentStatus(paymentSn: string): Promise<Answer<Payment>>
  /** Watches a payment live; returns a function that stops it. */
  watchPayment(paymentSn: string, listener: PaymentListener): () => void
  /** Sends any other operation, given its typed document. */
  request<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Answer<Data>>
  /**
   * Stops watching, closes the socket, and resolves every `pay` under way at once: with NOT_PAID and UNCONFIRMED when
   * its payment was opened, else with REFUSED and NETWORK. An open pay sheet stays open, and what is paid in it is not
   * lost: `paymentStatus` of another client returns it. Afterwards `pay` resolves with REFUSED and NETWORK without a
   * request, and `watchPayment` calls no listener. Safe to call twice.
   */
  close(): void
}

/** A client for one server and the user who is signed in. Create one for the whole app: its payments share a socket. */
export function createPayClient(options: PayClientOptions): PayClient {
  const { url, token, wx, idleSocketMs = 10_000, reconnectMs = 1_000, pollMs = 2_500, confirmMs = 30_000 } = options
  const platform = wx ? createWxPlatform(wx) : createWebPlatform(options)
  const endpoint = { url, token, platform }
  const foreground = watchForeground(platform)
  const socket = platform.webSocket && createSharedSocket(endpoint, idleSocketMs)
  const transports: Transport[] = [
    ...(socket ? [{ open: socket.open, attempts: SOCKET_ATTEMPTS }] : []),
    { open: createEventStreams(endpoint), attempts: 1 },
    { open: createPolling(endpoint, foreground, pollMs), attempts: 1 },
  ]
  const closeSignal = createCloseSignal()
  const underWay = new Map<string, Promise<PayResult>>()

  const paymentStatus = (paymentSn: string) => queryPayment(endpoint, paymentSn)
  const watchDeps = { transports, foreground, token, queryPayment: paymentStatus, reconnectMs }
  const watch = (paymentSn: string, { onPayment, onEnd }: PaymentListener) => {
    if (closeSignal.isClosed()) return () => {}
    const stopWatching = watchPayment(watchDeps, paymentSn, {
      onPayment,
      onEnd: (problem) => {
        removeListener()
        onEnd?.(problem)
      },
    })
    const removeListener = closeSignal.onClose(stopWatching)
    return () => {
      removeListener()
      stopWatching()
    }
  }

  return {
    pay(orderSn, { serviceType = 'HOMESTAY_ORDER' } = {}) {
      // Orders of different kinds may have the same number.
      const key = `${serviceType} ${orderSn}`
      const running = underWay.get(key)
      if (running) return running
      const deps = { endpoint, foreground, closeSignal, watchPayment: watch, confirmMs }
      const result = payOrder(deps, { orderSn, serviceType }).finally(() => underWay.delete(key))
      underWay.set(key, result)
      return result
    },
    paymentStatus,
    watchPayment: watch,
    request: (document, variables) => sendRequest(endpoint, document, variables),
    close() {
      closeSignal.close()
      foreground.close()
      socket?.close()
    },
  }
}
