import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type Planted, plantInBills } from './bill/planted.ts'
import { complain, type NewComplaint } from './complaint/complain.ts'
import { changeSettings } from './control/change-settings.ts'
import { moveClock } from './control/clock.ts'
import { openFaults } from './control/faults.ts'
import { openRequestLog } from './control/request-log.ts'
import { readSettings, type Settings } from './control/settings.ts'
import { createSandboxServer } from './http/server.ts'
import {
  type Credentials,
  createCredentials,
  environmentOf,
  loadKeys,
  merchantCertificateOf,
} from './keys/credentials.ts'
import { issueCertificate } from './keys/platform-certificates.ts'
import { rotatePublicKey, withNewestKey } from './keys/public-key.ts'
import { openSigning } from './keys/signing-key.ts'
import { revokeAccessTokens } from './mini-program/access-token.ts'
import { addTemplate, createTemplates } from './mini-program/templates.ts'
import { scheduleNotice } from './notice/deliver.ts'
import { buildNotice, type NoticeChanges, sendNotice } from './notice/resend.ts'
import { payByNumber } from './pay/payment.ts'
import { answerConsent, type ConsentAnswer } from './phone/consent.ts'
import { type ReceivedMessage, receivedMessages } from './phone/messages.ts'
import { type PhonePayment, payByPhone } from './phone/pay.ts'
import { openProxyWhere } from './proxy/proxy.ts'
import { endRefund, refundManually, scheduleEnd } from './refund/lifecycle.ts'
import type { CouponType, RefundEnd } from './store/ledger.ts'
import { openState, type State } from './store/saved-state.ts'
import { openTimers } from './timers.ts'
import type { SandboxLog, World } from './world.ts'

const KEEP_ALIVE_MS = 65_000

/** All {@link Settings} are options too. */
export interface SandboxOptions extends Partial<Settings> {
  /** 127.0.0.1 by default. */
  host?: string
  /** Names of the Internet by which the control API may be called; addresses and names of private networks always are. */
  hosts?: readonly string[]
  /** Any free port by default. */
  port?: number
  /** Where the proxy listens that plays WeChat's hosts; 0 for any free port. No proxy by default. */
  proxyPort?: number
  /** Becomes WECHAT_PAY_NOTIFY_URL, and the URL set on the merchant platform. */
  notifyUrl?: string
  /** Where credentials and the ledger are saved; without it they end with the sandbox. */
  stateDir?: string
  /** Made by {@link createCredentials}, to save the time that making keys takes. New ones by default. */
  credentials?: Credentials
  /** Logs nothing by default. */
  log?: SandboxLog
  /** For tests that move the clock; the system's by default. */
  now?: () => Date
}

export type Sandbox = Awaited<ReturnType<typeof openSandbox>>

/**
 * Opens a WeChat that listens on `host` and `port`: WeChat Pay for one merchant, and the API of one mini-program.
 *
 * @throws {Error} when the port is taken (`code` EADDRINUSE), or `stateDir` can't be read.
 */
export async function openSandbox(options: SandboxOptions = {}) {
  const { host = '127.0.0.1', port = 0 } = options
  const opening = Promise.withResolvers<World>()
  const server = createSandboxServer(opening.promise)
  // Longer than clients keep idle connections: a server that closes first breaks the call that arrives just then.
  server.keepAliveTimeout = KEEP_ALIVE_MS
  // Before the state is opened: without the port, nothing of it is touched.
  server.listen(port, host)
  await once(server, 'listening')

  const wallNow = () => (options.now?.() ?? new Date()).getTime()
  const makeCredentials = async () => options.credentials ?? createCredentials(wallNow())
  const state = await openState(options.stateDir, makeCredentials).catch((error: unknown) => {
    server.close().closeAllConnections()
    throw error
  })
  const closing = new AbortController()
  const world = createWorld(state, { ...options, wallNow }, closing.signal)
  const proxy = await openProxyWhere({ ...options, host }, { server, log: world.log }).catch((error: unknown) => {
    server.close().closeAllConnections()
    state.close()
    throw error
  })
  resume(world)
  opening.resolve(world)

  let closed: Promise<unknown> | undefined
  return {
    ...controlsOf(world, urlOf(host, (server.address() as AddressInfo).port)),
    /** For HTTPS_PROXY, and the certificate authority that its clients trust; undefined without `proxyPort`. */
    proxy: proxy && { url: urlOf(host, proxy.port), ...proxy.trusted },
    /** Stops listening, sending and waiting; safe to call twice. */
    async close(): Promise<void> {
      if (!closed) {
        closing.abort()
        world.timers.close()
        closed = Promise.all([once(server, 'close'), proxy?.close()]).then(() => state.close())
        server.close().closeAllConnections()
      }
      await closed
    },
  }
}

function createWorld(
  { credentials: saved, ledger }: State,
  { wallNow, ...options }: Omit<SandboxOptions, 'now'> & { wallNow: () => number },
  closing: AbortSignal,
): World {
  const credentials = withNewestKey(saved, ledger.publicKeys)
  const clock = { aheadMs: 0 }
  const now = () => wallNow() + clock.aheadMs
  return {
    credentials,
    keys: loadKeys(credentials),
    ledger,
    faults: openFaults(),
    requests: openRequestLog(),
    timers: openTimers(now),
    now,
    wallNow,
    clock,
    log: options.log ?? { debug() {}, error() {} },
    settings: readSettings(options),
    signing: openSigning(now()),
    certificates: { keys: new Map() },
    notifyUrl: options.notifyUrl,
    hosts: (options.hosts ?? []).map((name) => name.toLowerCase()).filter(Boolean),
    templates: createTemplates(credentials),
    plantedInBills: [],
    bills: new Map(),
    closing,
  }
}

/** What the code that opened the sandbox can see and do. */
function controlsOf(world: World, url: string) {
  return {
    url,
    credentials: world.credentials,
    /** All `WECHAT_*` that point here. */
    env: environmentOf(world.credentials, {
      url,
      notifyUrl: world.notifyUrl,
      withPublicKey: world.settings.signedBy !== 'certificates',
    }),
    merchantCertificate: () => merchantCertificateOf(world.credentials, world.now()),
    ledger: world.ledger,
    faults: world.faults,
    settings: (): Settings => world.settings,
    changeSettings: (changes: Partial<Settings>) => changeSettings(world, changes),
    /** Issues one more platform certificate, as before an early rotation; valid for five years by default. */
    issueCertificate: (lifeSeconds?: number) => issueCertificate(world, lifeSeconds && lifeSeconds * 1000),
    /** A new public key, which signs from now on: what the merchant has to set. */
    rotatePublicKey: () => rotatePublicKey(world),
    /** Puts the sandbox's clock ahead of the machine's. */
    moveClock: (aheadSeconds: number) => moveClock(world, { aheadSeconds }),
    /** What the sandbox was sent, newest first. */
    requests: () => world.requests.list(),
    /** A user complains about an order. */
    complain: (complaint: NewComplaint) => complain(world, complaint),
    /** Pays as the buyer's phone does. */
    pay: (payment: PhonePayment) => payByPhone(world, payment),
    /** Pays without the phone, even when the order was closed or has expired, as a bank that is late does. */
    payLate: (outTradeNo: string, couponFen?: number, couponType?: CouponType) =>
      payByNumber(world, outTradeNo, { couponFen, couponType }),
    refundManually: (refund: { outTradeNo: string; refundFen?: number; end?: RefundEnd }) =>
      refundManually(world, refund),
    endRefund: (outRefundNo: string, status: RefundEnd) => endRefund(world, outRefundNo, status),
    /** The newest notice about a payment (out_trade_no) or a refund (out_refund_no), signed now and not sent. */
    buildNotice: (number: string, changes?: NoticeChanges) => buildNotice(world, number, changes),
    /** Sends that notice now, outside the schedule; the status answered to each copy, undefined for none. */
    sendNotice: (number: string, changes?: NoticeChanges & { copies?: number }) => sendNotice(world, number, changes),
    /** Adds a template of subscribe messages whose values have these keys; returns its id. */
    addTemplate: (keys: readonly string[]) => addTemplate(world.templates, keys),
    /** Answers `wx.requestSubscribeMessage` as a user does; each acceptance allows one message. */
    consent: (answer: ConsentAnswer) => answerConsent(world, answer),
    /** Makes bills say something else about a payment or a refund from now on. */
    plantInBills: (...planted: Planted[]) => plantInBills(world, planted),
    messages: (openid?: string): ReceivedMessage[] => receivedMessages(world, openid),
    revokeAccessTokens: () => revokeAccessTokens(world),
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

export type { Fault } from './control/fault.ts'
export type { FaultKind } from './control/fault-kinds.ts'
export { PayError } from './http/pay-error.ts'
export { type Credentials, createCredentials } from './keys/credentials.ts'
export { noticeScheduleSeconds } from './notice/deliver.ts'
export type { RefundEnd } from './store/ledger.ts'
export { writeSettings } from './store/settings-file.ts'
