/**
 * The few structures of DER (X.690) that a certificate takes. Node.js can read certificates but not make them, and not
 * every machine has openssl.
 */
const BOOLEAN = 0x01
const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const NULL = 0x05
const OBJECT_IDENTIFIER = 0x06
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18
const SEQUENCE = 0x30
const SET = 0x31

export const TRUE = tagged(BOOLEAN, Buffer.of(0xff))
export const NOTHING = tagged(NULL)

/** The tag of a constructed field that is told from others by its number. */
export const context = (number: number) => 0xa0 | number

/** The same for a field that holds no others. */
export const primitive = (number: number) => 0x80 | number

export function tagged(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.of(tag), length(content.length), content])
}

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.of(bytes)
  const digits = base256(bytes)
  return Buffer.of(0x80 | digits.length, ...digits)
}

function base256(value: number): number[] {
  return value < 256 ? [value] : [...base256(Math.floor(value / 256)), value % 256]
}

export function sequence(...contents: Buffer[]): Buffer {
  return tagged(SEQUENCE, ...contents)
}

export function setOf(content: Buffer): Buffer {
  return tagged(SET, content)
}

export function utf8(text: string): Buffer {
  return tagged(UTF8_STRING, Buffer.from(text))
}

export function octets(bytes: Buffer): Buffer {
  return tagged(OCTET_STRING, bytes)
}

/** The fewest bytes, as DER wants it, and a leading zero where the first bit would make the number negative. */
export function integer(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  const digits = first === -1 ? Buffer.of(0) : bytes.subarray(first)
  return tagged(INTEGER, ((digits[0] ?? 0) & 0x80) === 0 ? digits : Buffer.concat([Buffer.of(0), digits]))
}

export function bitString(bytes: Buffer, unusedBits: number): Buffer {
  return tagged(BIT_STRING, Buffer.of(unusedBits), bytes)
}

export function identifier(first: number, second: number, ...rest: number[]): Buffer {
  return tagged(OBJECT_IDENTIFIER, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift(0x80 | (left & 0x7f))
  return digits
}

/** RFC 5280, 4.1.2.5: two digits of the year until 2049, four from then on. */
export function time(epochMs: number): Buffer {
  const digits = `${new Date(epochMs).toISOString().replace(/\D/g, '').slice(0, 14)}Z`
  return Number(digits.slice(0, 4)) < 2050
    ? tagged(UTC_TIME, Buffer.from(digits.slice(2)))
    : tagged(GENERALIZED_TIME, Buffer.from(digits))
}
