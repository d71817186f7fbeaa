import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import pino, { type Logger } from 'pino'
import { revokeAccessTokens } from './access-token.ts'
import { type Credentials, environmentOf, loadKeys } from './credentials.ts'
import { type Faults, openFaults } from './faults.ts'
import { createSandboxServer } from './http.ts'
import type { RefundEnd } from './ledger.ts'
import { scheduleNotice } from './notices.ts'
import { payByNumber } from './payment.ts'
import { type PhonePayment, payByPhone, type ReceivedMessage, receivedMessages } from './phone.ts'
import { endRefund, refundByHand, scheduleEnd } from './refund.ts'
import { buildNotice, type NoticeChanges, sendNotice } from './resend.ts'
import { openState } from './state.ts'
import { openTimers } from './timers.ts'
import type { World } from './world.ts'

const KEEP_ALIVE_MS = 65_000

export interface SandboxOptions {
  /** 127.0.0.1 by default. */
  host?: string
  /** Any free one by default. */
  port?: number
  /** Becomes WECHAT_PAY_NOTIFY_URL, and what the merchant platform is configured with. */
  notifyUrl?: string
  /** Where keys, credentials and the ledger are kept; without it they end with the sandbox. */
  stateDir?: string
  log?: Logger
  /** Multiplies the waits between deliveries of a notice; 1 by default, 0.001 makes 15 s into 15 ms. */
  noticeScheduleFactor?: number
  /** From a refund's acceptance to its end; 500 by default. */
  refundDelayMs?: number
  /** Between two refunds of one order; a minute by default, as at WeChat Pay. */
  refundIntervalMs?: number
  /** The clock, for tests of what gets old; the system's by default. */
  now?: () => Date
}

export type Sandbox = Awaited<ReturnType<typeof openSandbox>>

/**
 * A WeChat of one's own, listening: WeChat Pay for one merchant, and the mini-program API for one mini-program.
 *
 * @throws {Error} when the port is taken (`code` EADDRINUSE), or `stateDir` can't be read.
 */
export async function openSandbox(options: SandboxOptions = {}) {
  const { host = '127.0.0.1', port = 0, notifyUrl } = options
  const opening = Promise.withResolvers<World>()
  // Calls that came first wait for it and see the failure themselves.
  opening.promise.catch(() => {})
  const closing = new AbortController()
  const server = createSandboxServer(opening.promise)
  // Clients keep connections for later; closing them first would break the call that comes at that moment.
  server.keepAliveTimeout = KEEP_ALIVE_MS
  // Before the state is touched: who holds the port holds the state.
  server.listen(port, host)
  await once(server, 'listening')

  const now = () => (options.now?.() ?? new Date()).getTime()
  const state = await openState(options.stateDir, now()).catch((error: unknown) => {
    server.close().closeAllConnections()
    throw error
  })
  const world: World = {
    credentials: state.credentials,
    keys: loadKeys(state.credentials),
    ledger: state.ledger,
    faults: openFaults(),
    timers: openTimers(),
    now,
    log: options.log ?? pino({ level: 'silent' }),
    noticeScheduleFactor: options.noticeScheduleFactor ?? 1,
    refundDelayMs: options.refundDelayMs ?? 500,
    refundIntervalMs: options.refundIntervalMs ?? 60_000,
    notifyUrl,
    closing: closing.signal,
  }
  resume(world)
  opening.resolve(world)
  const url = urlOf(host, (server.address() as AddressInfo).port)

  return {
    url,
    credentials: world.credentials satisfies Credentials,
    env: environmentOf(world.credentials, url, notifyUrl),
    ledger: world.ledger,
    faults: world.faults satisfies Faults,
    pay: (payment: PhonePayment) => payByPhone(world, payment),
    /** Pays without the phone: also what is closed or past its time, as a bank that is late does. */
    payLate: (outTradeNo: string, couponFen?: number) => payByNumber(world, outTradeNo, couponFen),
    refundByHand: (refund: { outTradeNo: string; refundFen?: number; end?: RefundEnd }) => refundByHand(world, refund),
    endRefund: (outRefundNo: string, status: RefundEnd) => endRefund(world, outRefundNo, status),
    /** The newest notice about a payment (out_trade_no) or a refund (out_refund_no) as it would be sent now, unsent. */
    buildNotice: (number: string, changes?: NoticeChanges) => buildNotice(world, number, changes),
    /** Sends it once more, now and beside the schedule; what was answered, or undefined, for each copy. */
    sendNotice: (number: string, changes?: NoticeChanges & { copies?: number }) => sendNotice(world, number, changes),
    messages: (openid?: string): ReceivedMessage[] => receivedMessages(world, openid),
    revokeAccessTokens: () => revokeAccessTokens(world),
    /** Stops listening, sending and waiting; safe to call twice. */
    async close(): Promise<void> {
      if (closing.signal.aborted) return
      closing.abort()
      world.timers.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      state.close()
    },
  }
}

function resume(world: World): void {
  for (const notice of world.ledger.notices.values()) {
    if (notice.state === 'WAITING') scheduleNotice(world, notice)
  }
  for (const refund of world.ledger.refunds.values()) {
    if (refund.status === 'PROCESSING') scheduleEnd(world, refund)
  }
}

function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}
