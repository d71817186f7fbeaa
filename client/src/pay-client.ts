import type { ServiceType, TypedDocumentString } from '../generated/graphql.ts'
import { ask } from './ask.ts'
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
  /** Stops watching, and closes the socket. */
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
  const watches = new Set<() => void>()
  const underWay = new Map<string, Promise<PayResult>>()

  const status = (paymentSn: string) => askPayment(endpoint, paymentSn)
  const watch = (paymentSn: string, { onPayment, onEnd }: PaymentListener) => {
    const forget = () => watches.delete(stop)
    const stopWatching = watchPayment({ ways, foreground, token, askPayment: status, reconnectMs }, paymentSn, {
      onPayment,
      onEnd: (problem) => {
        forget()
        onEnd?.(problem)
      },
    })
    const stop = () => {
      forget()
      stopWatching()
    }
    watches.add(stop)
    return stop
  }

  return {
    pay(orderSn, { serviceType = 'HOMESTAY_ORDER' } = {}) {
      // Orders of two kinds may bear the same number.
      const key = `${serviceType} ${orderSn}`
      const running = underWay.get(key)
      if (running) return running
      const deps = { endpoint, foreground, watchPayment: watch, confirmMs }
      const result = payOrder(deps, { orderSn, serviceType }).finally(() => underWay.delete(key))
      underWay.set(key, result)
      return result
    },
    paymentStatus: status,
    watchPayment: watch,
    request: (document, variables) => ask(endpoint, document, variables),
    close() {
      for (const stop of watches) stop()
      foreground.close()
      socket?.close()
    },
  }
}
