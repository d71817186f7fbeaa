import { randomBytes, randomInt } from 'node:crypto'
import { beijingDigits } from './beijing-time.ts'

/** `length` random decimal digits. */
export function randomDigits(length: number): string {
  return Array.from({ length }, () => randomInt(10)).join('')
}

/** `length` random characters of [0-9A-Za-z]. */
export function randomAlphanumeric(length: number): string {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** 28 characters that start with `o`, like WeChat's own. */
export function newOpenid(): string {
  return `o${randomAlphanumeric(27)}`
}

/** 28 digits that start with 4200, like WeChat Pay's own. */
export function newTransactionId(now: number): string {
  return `42000${randomDigits(5)}${beijingDigits(now).day}${randomDigits(10)}`
}

/** 29 digits that start with 503, like WeChat Pay's own. */
export function newRefundId(now: number): string {
  return `503${randomDigits(8)}${beijingDigits(now).day}${randomDigits(10)}`
}

/** `wx`, the time to the second, and 20 hex digits. */
export function newPrepayId(now: number): string {
  return `wx${beijingDigits(now).second}${randomBytes(10).toString('hex')}`
}
