import { existsSync, readFileSync } from 'node:fs'
import type { Credentials, Sandbox, SandboxOptions } from '@looklook-pay/sandbox'
import type { TestContext } from 'vitest'
import { merchantOf, startSandbox } from '../../integration/sandbox/merchant.ts'

/** With `CONFORMANCE_WECHAT=real`, the harmless rules are checked at the real WeChat, as the merchant of `WECHAT_*`. */
const target = process.env['CONFORMANCE_WECHAT'] ?? 'sandbox'
if (target !== 'sandbox' && target !== 'real') throw new Error('CONFORMANCE_WECHAT must be sandbox or real')

export interface Wechat {
  merchant: ReturnType<typeof merchantOf>
  credentials: Credentials
  /** Where the mini-program API is. */
  miniUrl: string
  /** Absent at the real WeChat. */
  sandbox?: Sandbox
  /** Skips the rest where the rule doesn't apply to this merchant's account. */
  skip: TestContext['skip']
}

export interface PlayedWechat extends Wechat {
  sandbox: Sandbox
  /** Moves the clock of both sides forward. */
  later: (ms: number) => void
  /** Milliseconds since 1970 by that clock. */
  now: () => number
}

type Check<W> = (wechat: W) => Promise<void>
type Test = (context: TestContext) => Promise<void>

/** A rule that can be checked at any WeChat: nothing is ordered, paid or sent. */
export function harmless(check: Check<Wechat>, options: SandboxOptions = {}): Test {
  return async ({ skip }) => check(target === 'real' ? await openRealWechat(skip) : await playWechat(skip, options))
}

/** A rule that is checked at the sandbox alone, since its test orders, pays or moves the clock. */
export function played(check: Check<PlayedWechat>, options: SandboxOptions = {}): Test {
  return async ({ skip }) => {
    skip(target === 'real', 'is checked at the sandbox alone')
    await check(await playWechat(skip, options))
  }
}

async function playWechat(skip: TestContext['skip'], options: SandboxOptions): Promise<PlayedWechat> {
  let aheadMs = 0
  const now = () => Date.now() + aheadMs
  const sandbox = await startSandbox({ now: () => new Date(now()), ...options })
  return {
    merchant: merchantOf(sandbox, now),
    credentials: sandbox.credentials,
    miniUrl: sandbox.url,
    sandbox,
    skip,
    now,
    later: (ms) => void (aheadMs += ms),
  }
}

async function openRealWechat(skip: TestContext['skip']): Promise<Wechat> {
  const missing: string[] = []
  const read = (name: string, fallback?: string): string => {
    const value = process.env[name] || fallback
    if (value === undefined) missing.push(name)
    return value ?? ''
  }
  const credentials: Credentials = {
    appid: read('WECHAT_APP_ID'),
    appSecret: read('WECHAT_APP_SECRET'),
    mchid: read('WECHAT_PAY_MCH_ID'),
    mchCertSerial: read('WECHAT_PAY_MCH_CERT_SERIAL'),
    mchPrivateKey: pem(read('WECHAT_PAY_MCH_PRIVATE_KEY')),
    apiV3Key: read('WECHAT_PAY_API_V3_KEY'),
    publicKeyId: read('WECHAT_PAY_PUBLIC_KEY_ID', ''),
    publicKey: pem(read('WECHAT_PAY_PUBLIC_KEY', '')),
    platformPrivateKey: '',
    templates: { orderPaid: '', checkIn: '', refunded: '' },
  }
  if (missing.length > 0) throw new Error(`CONFORMANCE_WECHAT=real needs ${missing.join(', ')}`)
  const merchant = merchantOf({ url: read('WECHAT_PAY_API_URL', 'https://api.mch.weixin.qq.com'), credentials })
  if (!credentials.publicKey) await merchant.fetchCertificates({ requestedSerial: null })
  return { merchant, credentials, miniUrl: read('WECHAT_API_URL', 'https://api.weixin.qq.com'), skip }
}

function pem(textOrPath: string): string {
  return existsSync(textOrPath) ? readFileSync(textOrPath, 'utf8') : textOrPath
}

/** A number that was never used. */
export function unusedNumber(): string {
  return `conf${Date.now().toString(36)}${Math.random().toString(36).slice(2, 12)}`
}

/** RFC 3339 in whole seconds, as WeChat Pay wants it. */
export function rfc3339(epochMs: number): string {
  return `${new Date(epochMs + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`
}
