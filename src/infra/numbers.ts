import { randomInt } from 'node:crypto'
import { formatDay, shanghaiDay } from './shanghai.ts'

// Crockford's base 32: no I, L, O or U, so that a number survives being read aloud or typed.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** `length` characters, drawn uniformly from the system's CSPRNG. */
export function randomCharacters(length: number, alphabet = ALPHABET): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** A number for an order, a payment or a refund: a prefix, the Shanghai day and 90 random bits; 28 characters. */
export function createSn(prefix: 'HO' | 'PA' | 'RE'): string {
  const today = formatDay(shanghaiDay(new Date())).replaceAll('-', '')
  return `${prefix}${today}${randomCharacters(18)}`
}
