import type { SignatureFault } from './errors.ts'
import { responseMessage, verifyMessage } from './signature.ts'
import type { TrustStore } from './trust-store.ts'

export type MessageHeaders = Record<string, string | string[] | undefined>

/**
 * How far `Wechatpay-Timestamp` may be from our clock, in seconds.
 * Source: `FiveMinute` in wechatpay-go `core/consts/const.go`.
 */
const CLOCK_TOLERANCE_SECONDS = 5 * 60

const SIGNATURE_TYPE = 'WECHATPAY2-SHA256-RSA2048'

/**
 * The prefix of wrong signatures that WeChat sends now and then, to test that they are refused.
 * Source: https://github.com/wechatpay-apiv3/wechatpay-java/issues/371
 */
const PROBE_PREFIX = 'WECHATPAY/SIGNTEST/'

/**
 * Verifies a response or a notice: `null` when WeChat Pay signed exactly these bytes within five minutes of `now`, else
 * why it isn't authentic. Only the key that the message names is tried.
 *
 * Source: wechatpay-go `core/auth/validators/wechat_pay_validator.go`.
 */
export function findSignatureFault(
  trust: Pick<TrustStore, 'find'>,
  message: { headers: MessageHeaders; body: Buffer; now: Date },
): SignatureFault | null {
  const { headers, body, now } = message
  const timestamp = readHeader(headers, 'wechatpay-timestamp')
  const nonce = readHeader(headers, 'wechatpay-nonce')
  const serial = readHeader(headers, 'wechatpay-serial')
  const signature = readHeader(headers, 'wechatpay-signature')
  if (!timestamp || !nonce || !serial || !signature) return 'header-missing'
  const type = readHeader(headers, 'wechatpay-signature-type')
  if (type !== undefined && type !== SIGNATURE_TYPE) return 'signature-type'
  if (!/^\d{1,12}$/.test(timestamp)) return 'timestamp'
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > CLOCK_TOLERANCE_SECONDS) return 'clock'
  const key = trust.find(serial, now)
  if (!key) return 'unknown-serial'
  if (verifyMessage(key, responseMessage({ timestamp, nonce, body }), signature)) return null
  return signature.startsWith(PROBE_PREFIX) ? 'signtest' : 'signature'
}

/** The one value of a header, whatever the case of its name; `undefined` when absent or repeated. */
function readHeader(headers: MessageHeaders, name: string): string | undefined {
  const value = headers[name] ?? headers[otherCaseOf(headers, name) ?? name]
  if (Array.isArray(value)) return value.length === 1 ? value[0] : undefined
  return value
}

function otherCaseOf(headers: MessageHeaders, name: string): string | undefined {
  for (const key in headers) if (key.length === name.length && key.toLowerCase() === name) return key
  return undefined
}

/**
 * The id that another side gave to a request, for the log; `undefined` when absent, or when it is no plain word of at most
 * 64 characters: whoever sends it may be anybody.
 */
export function readRequestId(headers: MessageHeaders, name: 'request-id' | 'x-request-id'): string | undefined {
  const given = readHeader(headers, name)
  return given !== undefined && /^[\w.-]{1,64}$/.test(given) ? given : undefined
}
