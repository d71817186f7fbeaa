import type { ServiceType, TypedDocumentString } from '../generated/graphql.ts'
import { ask } from './ask.ts'
import { createCloseLoop } from './closing.ts'
import { watchForeground } from './foreground.ts'
import { payOrder } from './pay.ts'
import { askPayment, createPolling } from './poll-stream.ts'
import type { Answer, Payment, PayResult } from './result.ts'
import { createSharedSocket } from './socket-stream.ts'
import { createEventStreams } from './sse-stream.ts'
import type { Way } from './turn.ts'
import { type PaymentListener, watchPayment } from './watch.ts'
import { createWebPlatform, type WebOptions } from './web-platform.ts'
import type { Wx } from './wx.ts'
import { createWxPlatform } from './wx-platform.ts'

export * from '../generated/graphql.ts'
export type { WebSocketClass } from './platform.ts'
export type { Answer, NotPaidReason, Payment, PayResult, Problem, WxPayParams } from './result.ts'
export type { PaymentListener } from './watch.ts'
export type { Wx } from './wx.ts'

const SOCKET_CHANCES = 2

export interface PayClientOptions extends WebOptions {
  /** Where GraphQL is served: `https://…/graphql`. */
  url: string
  /** The session's accessToken as it is now; empty when nobody is signed in. What it throws counts as no network. */
  token: () => string | Promise<string>
  /** In a mini-program: `wx`. Without it, the browser's fetch and WebSocket are used, or the WebSocket given. */
  wx?: Wx
  /** From the last payment watched to the socket's close; 10 s by default. */
  idleSocketMs?: number
  /** From a stream's loss to the next try; 1 s by default. */
  reconnectMs?: number
  /** Between two questions where no stream holds; 2.5 s by default. */
  pollMs?: number
  /** How long the server may take to confirm what the phone calls paid; 30 s by default. */
  confirmMs?: number
}

export interface PayOptions {
  /** What kind of order it is; HOMESTAY_ORDER by default. */
  serviceType?: ServiceType
}

export interface PayClient {
  /**
   * Opens the payment, shows the pay sheet, and resolves with the server's truth. Safe to call twice: a second call
   * for the same order joins the first.
   *
   * @throws {Error} when nobody can show a pay sheet: neither `wx` nor `requestPayment` was given.
   */
  pay(orderSn: string, options?: PayOptions): Promise<PayResult>
  /** The state of one of the user's payments; the server asks WeChat about a pending one. */
  paymentStatus(paymentSn: string): Promise<Answer<Payment>>
  /** Shows a payment live; returns what stops it. */
  watchPayment(paymentSn: string, listener: PaymentListener): () => void
  /** Any other operation, by its typed document. */
  request<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Answer<Data>>
  /**
   * Stops watching, closes the socket, and settles every `pay` under way at once: as NOT_PAID and UNCONFIRMED once its
   * payment was opened, else as REFUSED with NETWORK. A pay sheet that is shown stays, and what is paid in it is not
   * lost: another client's `paymentStatus` knows. From then on `pay` is refused the same way, and asks nothing, and
   * `watchPayment` hears nothing. Safe to call twice.
   */
  close(): void
}

/** A client for one server and whoever is signed in; one for the whole app, so that its payments share a socket. */
export function createPayClient(options: PayClientOptions): PayClient {
  const { url, token, wx, idleSocketMs = 10_000, reconnectMs = 1_000, pollMs = 2_500, confirmMs = 30_000 } = options
  const platform = wx ? createWxPlatform(wx) : createWebPlatform(options)
  const endpoint = { url, token, platform }
  const foreground = watchForeground(platform)
  const socket = platform.webSocket && createSharedSocket(endpoint, idleSocketMs)
  const ways: Way[] = [
    ...(socket ? [{ open: socket.open, chances: SOCKET_CHANCES }] : []),
    { open: createEventStreams(endpoint), chances: 1 },
    { open: createPolling(endpoint, foreground, pollMs), chances: 1 },
  ]
  const closing = createCloseLoop()
  const underWay = new Map<string, Promise<PayResult>>()

  const status = (paymentSn: string) => askPayment(endpoint, paymentSn)
  const watch = (paymentSn: string, { onPayment, onEnd }: PaymentListener) => {
    if (closing.isClosed()) return () => {}
    const stopWatching = watchPayment({ ways, foreground, token, askPayment: status, reconnectMs }, paymentSn, {
      onPayment,
      onEnd: (problem) => {
        forget()
        onEnd?.(problem)
      },
    })
    const forget = closing.onClose(stopWatching)
    return () => {
      forget()
      stopWatching()
    }
  }

  return {
    pay(orderSn, { serviceType = 'HOMESTAY_ORDER' } = {}) {
      // Orders of two kinds may bear the same number.
      const key = `${serviceType} ${orderSn}`
      const running = underWay.get(key)
      if (running) return running
      const deps = { endpoint, foreground, closing, watchPayment: watch, confirmMs }
      const result = payOrder(deps, { orderSn, serviceType }).finally(() => underWay.delete(key))
      underWay.set(key, result)
      return result
    },
    paymentStatus: status,
    watchPayment: watch,
    request: (document, variables) => ask(endpoint, document, variables),
    close() {
      closing.close()
      foreground.close()
      socket?.close()
    },
  }
}
