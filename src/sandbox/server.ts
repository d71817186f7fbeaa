import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import pino, { type Logger } from 'pino'
import { revokeAccessTokens } from './access-token.ts'
import { type Credentials, environmentOf, loadKeys } from './credentials.ts'
import { type Faults, openFaults } from './faults.ts'
import { createSandboxServer } from './http.ts'
import { scheduleNotice } from './notices.ts'
import { type PhonePayment, payByPhone, type ReceivedMessage, receivedMessages } from './phone.ts'
import { openState } from './state.ts'
import { openTimers } from './timers.ts'
import type { World } from './world.ts'

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
}

function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}
