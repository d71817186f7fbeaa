import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Fault } from '@looklook-pay/sandbox'
import { freePort } from '../harness/redis.ts'
import type { Evidence } from './evidence.ts'
import type { Supervisor } from './supervisor.ts'

const STARTS_WITHIN_MS = 300_000

/**
 * The sandbox’s settings: hours of notices pass in minutes. The merchant has the public key and platform certificates, which
 * sign notices in turn.
 */
const SETTINGS = {
  noticeScheduleFactor: 0.02,
  refundDelayMs: 200,
  refundIntervalMs: 0,
  signedBy: 'both',
  publicKeyPercent: 70,
}

type Shown = Omit<Evidence['wechat'], 'templates'>

/** What people do at WeChat, on their phones and on the merchant platform. */
export interface Wechat {
  prepare(): Promise<void>
  /** @returns whether the money was taken. */
  pay(phone: object): Promise<boolean>
  payLate(outTradeNo: string): Promise<boolean>
  consent(openid: string, accepted: string[]): Promise<void>
  /** @returns the refund’s number; null when it was refused. */
  refundManually(refund: { outTradeNo: string; refundFen?: number }): Promise<string | null>
  /** Signs notices by one more certificate from now on. */
  rotateKey(): Promise<void>
  /** Sends the newest notice about a payment again, with other content. */
  sendNotice(number: string, content: object): Promise<boolean>
  /** Those that are for ever stay when the others are cleared. */
  addFaults(faults: Fault[], options?: { isForEver: boolean }): Promise<void>
  clearFaults(): Promise<void>
  ledger(): Promise<Shown>
}

function connectWechat(url: string): Wechat {
  const call = async (method: string, path: string, body?: unknown) => {
    const headers = { 'content-type': 'application/json' }
    return fetch(`${url}/sandbox/${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }
  const forEver: Fault[] = []
  /** @throws when the sandbox refuses: then the harness is wrong. */
  const must = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await call(method, path, body)
    if (!response.ok) throw new Error(`the sandbox refused ${path}: ${await response.text()}`)
    return response.json()
  }
  const can = async (path: string, body: object) => {
    const response = await call('POST', path, body)
    await response.arrayBuffer()
    return response.ok
  }
  return {
    prepare: async () => void (await must('POST', 'settings', SETTINGS)),
    pay: (phone) => can('pay', phone),
    payLate: (outTradeNo) => can('late-payment', { outTradeNo }),
    consent: async (openid, accepted) => void (await must('POST', 'consent', { openid, accepted })),
    refundManually: async (refund) => {
      const response = await call('POST', 'manual-refund', refund)
      const answer = (await response.json()) as { outRefundNo?: string }
      return response.ok ? (answer.outRefundNo ?? null) : null
    },
    rotateKey: async () => void (await must('POST', 'certificates', {})),
    sendNotice: (number, content) => can('notices', { number, content }),
    addFaults: async (faults, { isForEver } = { isForEver: false }) => {
      if (isForEver) forEver.push(...faults)
      await must('POST', 'faults', faults)
    },
    clearFaults: async () => {
      await must('DELETE', 'faults')
      await must('POST', 'faults', forEver)
    },
    ledger: async () => (await must('GET', 'ledger')) as Shown,
  }
}

/** WeChat, in a process of its own, with the settings of its merchant. */
export async function startSandbox(
  sandboxes: Supervisor,
  { dataDir, notifyUrl }: { dataDir: string; notifyUrl: string },
): Promise<{ wechat: Wechat; port: number; settings: Record<string, string> }> {
  const port = await freePort()
  const env = { DATA_DIR: dataDir, SANDBOX_PORT: `${port}`, WECHAT_PAY_NOTIFY_URL: notifyUrl, LOG_LEVEL: 'error' }
  const program = { name: 'WeChat', file: 'src/sandbox.ts', port, works: false }
  sandboxes.start({ ...program, env: { NODE_ENV: 'development', ...env } })
  const wechat = connectWechat(`http://127.0.0.1:${port}`)
  const endsAt = performance.now() + STARTS_WITHIN_MS
  for (;;) {
    await setTimeout(50)
    try {
      const lines = readFileSync(join(dataDir, 'sandbox', 'sandbox.env'), 'utf8').matchAll(/^export (\w+)='(.*)'$/gm)
      await wechat.prepare()
      return {
        wechat,
        port,
        settings: Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value])),
      }
    } catch (error) {
      if (performance.now() > endsAt) throw error
    }
  }
}

/** What WeChat does wrong while the nemesis is at work, in percent of its calls. */
export function faultsOf(seed: number): Fault[] {
  const calls = ['prepay', 'query', 'close', 'refund', 'query-refund'] as const
  const ofCalls = calls.flatMap((endpoint): Fault[] => [
    { endpoint, kind: 'timeout-before', percent: 0.2 },
    { endpoint, kind: 'timeout-after', percent: 0.2 },
    { endpoint, kind: 'reset-before', percent: 1 },
    { endpoint, kind: 'reset-after', percent: 2 },
    { endpoint, kind: 'slow', percent: 3, delayMs: 400 },
    { endpoint, kind: 'rate-limited', percent: 1 },
    { endpoint, kind: 'system-error', percent: 1 },
    { endpoint, kind: 'system-error-after', percent: 1 },
    { endpoint, kind: 'wrong-signature', percent: 1 },
    { endpoint, kind: 'signtest-signature', percent: 1 },
    { endpoint, kind: 'wrong-content', percent: 1 },
  ])
  const notices = ['payment-notice', 'refund-notice'] as const
  const ofNotices = notices.flatMap((endpoint): Fault[] => [
    { endpoint, kind: 'lost', percent: 10 },
    { endpoint, kind: 'late', percent: 5, delayMs: 2_000 },
    { endpoint, kind: 'storm', percent: 3, copies: 10 },
    { endpoint, kind: 'twice', percent: 5 },
    { endpoint, kind: 'wrong-signature', percent: 2 },
    { endpoint, kind: 'signtest-signature', percent: 2 },
    { endpoint, kind: 'wrong-content', percent: 2 },
  ])
  const others: Fault[] = [
    { endpoint: 'close', kind: 'paid-meanwhile', percent: 2 },
    { endpoint: 'refund', kind: 'ends-closed', percent: 2 },
    { endpoint: 'refund', kind: 'ends-abnormal', percent: 3 },
    { endpoint: 'subscribe-message', kind: 'reset-after', percent: 1 },
    { endpoint: 'subscribe-message', kind: 'system-error', percent: 2 },
    { endpoint: 'upload-shipping-info', kind: 'reset-after', percent: 3 },
    { endpoint: 'upload-shipping-info', kind: 'system-error', percent: 3 },
    { endpoint: 'certificates', kind: 'system-error', percent: 10 },
    { endpoint: 'certificates', kind: 'wrong-signature', percent: 10 },
    { endpoint: 'trade-bill', kind: 'system-error', percent: 10 },
    { endpoint: 'bill-download', kind: 'reset-before', percent: 10 },
  ]
  return [...others, ...ofCalls, ...ofNotices].map((fault) => ({ ...fault, seed }))
}
