import { randomBytes } from 'node:crypto'
import { randomDigits } from '../numbers.ts'

/** The number that WeChat Pay's support asks for. */
export function newRequestId(): string {
  return `08${randomBytes(12).toString('hex').toUpperCase()}-${randomDigits(9)}`
}
