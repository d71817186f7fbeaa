import type { ServiceType, TypedDocumentString } from '../generated/graphql.ts'
import { createCloseSignal } from './close-signal.ts'
import type { Transport } from './fallback.ts'
import { watchForeground } from './foreground.ts'
import { createMessageConsent, type OrderMessage } from './message-consent.ts'
import { createSession, type LoginOptions, type LogoutOptions } from './own-session.ts'
import { payOrder } from './pay.ts'
import { createPolling, queryPayment } from './poll-stream.ts'
import { sendRequest } from './request.ts'
import type { Answer, Payment, PayResult } from './result.ts'
import type { SessionStore, User } from './session-store.ts'
import { createSingleFlight } from './single-flight.ts'
import { createSharedSocket } from './socket-stream.ts'
import { createEventStreams } from './sse-stream.ts'
import { type PaymentListener, watchPayment } from './watch.ts'
import { createWebPlatform, type WebOptions } from './web-platform.ts'
import type { Wx } from './wx.ts'
import { createWxPlatform } from './wx-platform.ts'

export * from '../generated/graphql.ts'
export type { OrderMessage } from './message-consent.ts'
export type { LoginOptions, LogoutOptions } from './own-session.ts'
export type { WebSocketClass } from './platform.ts'
export type { Answer, NotPaidReason, Payment, PayResult, Problem, WxPayParams } from './result.ts'
export type { SessionStore, User } from './session-store.ts'
export type { PaymentListener } from './watch.ts'
export type { Wx } from './wx.ts'

const SOCKET_ATTEMPTS = 2

export interface PayClientOptions extends WebOptions {
  /** Where GraphQL is served: `https://…/graphql`. */
  url: string
  /**
   * Where the app looks after the session itself: its current accessToken; empty when nobody is signed in. Throwing
   * counts as a network failure. Without it the client signs in, when the server first asks who is there.
   */
  token?: () => string | Promise<string>
  /** Resolves with a code for `wxLogin`; by `wx.login` by default. */
  getLoginCode?: () => Promise<string>
  /** Where the session is kept while the app is closed; in the storage of `wx` by default, without `wx` nowhere. */
  sessionStore?: SessionStore
  /** In a mini-program: `wx`. Without it, the browser's fetch is used, and its WebSocket or the one given. */
  wx?: Wx
  /** How long the socket stays open after the last watched payment; 10 s by default. */
  idleSocketMs?: number
  /**
   * From the loss of a stream to the next attempt: from half of it to three and a half times as long, at random, so that
   * the guests of a server that stops don't all come back together. 1 s by default.
   */
  reconnectMs?: number
  /** Between two polls, where no stream can be held open; 2.5 s by default. */
  pollMs?: number
  /** How long the server may take to confirm what the phone calls paid; 30 s by default. */
  confirmMs?: number
  /** Whether `pay` asks the guest for consent to the server's messages, where `wx` can; true by default. */
  askForMessages?: boolean
}

export interface PayOptions {
  /** The kind of order; HOMESTAY_ORDER by default. */
  serviceType?: ServiceType
}

export interface PayClient {
  /**
   * Opens the payment, shows the pay sheet, and resolves with what the server confirms. Safe to call twice: a second
   * call for the same order joins the first. Call it in the tap: there it also asks for consent to messages about the
   * order, whose answer it reports; the payment waits for neither.
   *
   * @throws {Error} when no pay sheet can be shown: neither `wx` nor `requestPayment` was given.
   */
  pay(orderSn: string, options?: PayOptions): Promise<PayResult>
  /**
   * Asks the guest of an order for consent to messages about it, as after a refusal, and resolves with its messages once
   * the server knows the answer: what was refused is sent then. Call it in a tap, before anything asynchronous. The
   * problem's code is `NOT_ASKED` where WeChat didn't ask; in another tap it may.
   */
  askForMessages(orderSn: string): Promise<Answer<OrderMessage[]>>
  /** The state of one of the user's payments; the server queries WeChat for a pending one. */
  paymentStatus(paymentSn: string): Promise<Answer<Payment>>
  /** Watches a payment live; returns a function that stops it. */
  watchPayment(paymentSn: string, listener: PaymentListener): () => void
  /**
   * Signs in, unless that is done: for pages that want to know the person, or to have signed in early. All calls at the
   * same time are one. A page whose guest signed out signs them in again by it.
   *
   * @throws {Error} when the app gave its own `token`, or there is no way to a code: neither `wx` nor `getLoginCode`.
   */
  login(options?: LoginOptions): Promise<Answer<User>>
  /**
   * Ends the session, and stays signed out, also when the app is started again, until `login` is called. Where the server
   * can't be reached nothing has changed.
   *
   * @throws {Error} like `login`.
   */
  logout(options?: LogoutOptions): Promise<Answer<null>>
  /** Sends any other operation, given its typed document. */
  request<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Answer<Data>>
  /**
   * Stops watching, closes the socket, and resolves every `pay` under way at once: with NOT_PAID and UNCONFIRMED when
   * its payment was opened, else with REFUSED and NETWORK. An open pay sheet stays open, and what is paid in it is not
   * lost: `paymentStatus` of another client returns it. Afterwards `pay` resolves with REFUSED and NETWORK without a
   * request, `askForMessages` asks nobody, and `watchPayment` calls no listener. Safe to call twice.
   */
  close(): void
}

/** A client for one server and the user who is signed in. Create one for the whole app: its payments share a socket. */
export function createPayClient(options: PayClientOptions): PayClient {
  const { url, wx, idleSocketMs = 10_000, reconnectMs = 1_000, pollMs = 2_500, confirmMs = 30_000 } = options
  const platform = wx ? createWxPlatform(wx) : createWebPlatform(options)
  const closeSignal = createCloseSignal()
  const server = { url, platform, closeSignal }
  const session = createSession(server, options)
  const endpoint = { ...server, session }
  const foreground = watchForeground(platform)
  const socket = platform.webSocket && createSharedSocket(server, platform.webSocket, idleSocketMs)
  const transports: Transport[] = [
    ...(socket ? [{ open: socket.open, attempts: SOCKET_ATTEMPTS }] : []),
    { open: createEventStreams(endpoint), attempts: 1 },
    { open: createPolling(endpoint, foreground, pollMs), attempts: 1 },
  ]
  const consent = createMessageConsent({ endpoint, foreground })
  const payments = createSingleFlight<PayResult>()

  const paymentStatus = (paymentSn: string) => queryPayment(endpoint, paymentSn)
  const watchDeps = { transports, foreground, closeSignal, session, queryPayment: paymentStatus, reconnectMs }
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
      return payments.share(key, () => {
        if (options.askForMessages !== false) void consent.ask(serviceType === 'HOMESTAY_ORDER' ? orderSn : undefined)
        const deps = { endpoint, foreground, watchPayment: watch, confirmMs }
        return payOrder(deps, { orderSn, serviceType })
      })
    },
    askForMessages: (orderSn) => consent.ask(orderSn),
    paymentStatus,
    watchPayment: watch,
    login: session.login,
    logout: session.logout,
    request: (document, variables) => sendRequest(endpoint, document, variables),
    close() {
      closeSignal.close()
      foreground.close()
      socket?.close()
    },
  }
}
