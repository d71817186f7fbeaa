import { randomBytes } from 'node:crypto'
import { randomDigits } from '../numbers.ts'

/** A `Request-ID`, by which WeChat Pay's support finds a call. */
export function newRequestId(): string {
  return `08${randomBytes(12).toString('hex').toUpperCase()}-${randomDigits(9)}`
}
