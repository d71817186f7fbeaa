import { randomInt } from 'node:crypto'

// Crockford's base 32: no I, L, O or U, so that a number survives being read aloud or typed.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** `length` characters, drawn uniformly from the system's CSPRNG. */
export function randomCharacters(length: number, alphabet = ALPHABET): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** A number for an order, a payment or a refund: a prefix, the Shanghai day and 90 random bits; 28 characters. */
export function createSn(prefix: 'HO' | 'PA' | 'RE'): string {
  const shanghaiDay = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '')
  return `${prefix}${shanghaiDay}${randomCharacters(18)}`
}
