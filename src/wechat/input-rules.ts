import { formatShanghaiTime } from '../infra/shanghai.ts'
import { WechatInputError } from './errors.ts'
import { isLoopback } from './loopback.ts'

/** The largest amount in WeChat Pay's API, in fen. */
export const MAX_FEN = 2_147_483_647

/** `text`, when it matches `form`. @throws {WechatInputError} saying `rule`, when it doesn't. */
export function matching(field: string, text: string, form: RegExp, rule: string): string {
  if (!form.test(text)) throw new WechatInputError(field, rule)
  return text
}

export const rules = {
  appid: (text: string) => matching('appid', text, /^[0-9A-Za-z_-]{1,32}$/, 'must be 1 to 32 letters and digits'),
  mchid: (text: string) => matching('mchid', text, /^\d{1,32}$/, 'must be 1 to 32 digits'),
  openid: (text: string) =>
    matching('openid', text, /^[^\s\p{C}]{1,128}$/u, 'must be 1 to 128 characters without spaces'),
  outTradeNo: (text: string) =>
    matching('out_trade_no', text, /^[0-9A-Za-z_\-|*]{6,32}$/, 'must be 6 to 32 of 0-9A-Za-z_-|*'),
  transactionId: (text: string) =>
    matching('transaction_id', text, /^[0-9A-Za-z_-]{1,32}$/, 'must be 1 to 32 of 0-9A-Za-z_-'),
  outRefundNo: (text: string) =>
    matching('out_refund_no', text, /^[0-9A-Za-z_\-|*@]{1,64}$/, 'must be 1 to 64 of 0-9A-Za-z_-|*@'),
  refundId: (text: string) => matching('refund_id', text, /^[0-9A-Za-z_-]{1,32}$/, 'must be 1 to 32 of 0-9A-Za-z_-'),
}

/** @throws {WechatInputError} when `amountFen` is not an integer from 1 to 2147483647. */
export function positiveFen(field: string, amountFen: number): number {
  if (!Number.isInteger(amountFen) || amountFen < 1 || amountFen > MAX_FEN) {
    throw new WechatInputError(field, `must be an integer from 1 to ${MAX_FEN}, in fen`)
  }
  return amountFen
}

/**
 * A URL that WeChat Pay accepts for notices: https without user, query or fragment. http is accepted for loopback hosts
 * alone, which only a sandbox can call.
 *
 * @throws {WechatInputError} for any other URL.
 */
export function notifyUrl(text: string, maxLength: number): string {
  const url = URL.parse(text)
  const hasScheme = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (!url || !hasScheme || text.length > maxLength || /[?#\s]/.test(text) || url.username || url.password) {
    const rule = `must be an https URL of at most ${maxLength} characters without user, password or query`
    throw new WechatInputError('notify_url', rule)
  }
  return text
}

/**
 * `2026-06-01T16:15:00+08:00`: whole seconds, in China's time as in WeChat's examples.
 *
 * @throws {WechatInputError} when `instant` is not a time.
 */
export function beijingTime(field: string, instant: Date): string {
  if (Number.isNaN(instant.getTime())) throw new WechatInputError(field, 'must be a time')
  return formatShanghaiTime(instant)
}

/** The longest prefix of `text` for which `fits` is true, cut between code points. */
export function cutToFit(text: string, fits: (beginning: string) => boolean): string {
  let kept = ''
  for (const character of text) {
    if (!fits(kept + character)) break
    kept += character
  }
  return kept
}

/** `text` on one line: control characters become spaces, lone surrogates are replaced, both ends are trimmed. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
}
