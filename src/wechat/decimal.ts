/** How many digits after the point are kept: fees have five. */
const SCALE = 5

/** Parses a decimal of a bill into hundred-thousandths, without a float. @throws {RangeError} when it is malformed. */
export function parseDecimal(text: string): bigint {
  const parts = /^([+-]?)(\d{1,15})(?:\.(\d{1,5}))?$/.exec(text)
  if (!parts) throw new RangeError(`"${text}" is not a decimal with at most ${SCALE} digits after the point`)
  const [, sign = '', whole = '', fraction = ''] = parts
  return BigInt(`${sign}${whole}${fraction.padEnd(SCALE, '0')}`)
}

/**
 * Converts yuan as text into fen. An empty text is 0.
 *
 * @throws {RangeError} when it is no decimal, or not a whole number of fen.
 */
export function yuanToFen(text: string): number {
  const scaled = parseDecimal(text === '' ? '0' : text)
  const perFen = 10n ** BigInt(SCALE - 2)
  if (scaled % perFen !== 0n) throw new RangeError(`${text} yuan is not a whole number of fen`)
  return Number(scaled / perFen)
}
