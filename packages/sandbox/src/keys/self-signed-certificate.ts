import { type KeyObject, sign } from 'node:crypto'

/**
 * A self-signed X.509 certificate (RFC 5280). Node.js can read certificates but not make them, and not every machine
 * has openssl: the few structures of DER (X.690) that it takes are written here.
 *
 * @param certificate.serial hexadecimal, at most 20 bytes, positive.
 * @returns PEM; valid in whole seconds from `startsAt` to `endsAt` (milliseconds since 1970).
 */
export function createSelfSignedCertificate(certificate: {
  publicKey: KeyObject
  privateKey: KeyObject
  serial: string
  organization: string
  commonName: string
  startsAt: number
  endsAt: number
}): string {
  const { publicKey, privateKey, serial, organization, commonName, startsAt, endsAt } = certificate
  const name = sequence(attribute(ORGANIZATION, organization), attribute(COMMON_NAME, commonName))
  const algorithm = sequence(SHA256_WITH_RSA, tagged(NULL, Buffer.alloc(0)))
  const content = sequence(
    tagged(context(0), integer(Buffer.of(2))),
    integer(Buffer.from(serial, 'hex')),
    algorithm,
    name,
    sequence(time(startsAt), time(endsAt)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(context(3), sequence(criticalExtension(BASIC_CONSTRAINTS, sequence()), criticalExtension(KEY_USAGE, usage))),
  )
  const der = sequence(content, algorithm, bitString(sign('sha256', content, privateKey), 0))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

const INTEGER = 0x02
const BOOLEAN = 0x01
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const NULL = 0x05
const OBJECT_IDENTIFIER = 0x06
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18
const SEQUENCE = 0x30
const SET = 0x31
const context = (number: number) => 0xa0 | number

const SHA256_WITH_RSA = identifier(1, 2, 840, 113549, 1, 1, 11)
const ORGANIZATION = identifier(2, 5, 4, 10)
const COMMON_NAME = identifier(2, 5, 4, 3)
const BASIC_CONSTRAINTS = identifier(2, 5, 29, 19)
const KEY_USAGE = identifier(2, 5, 29, 15)

/** Bits 0 and 2, digitalSignature and keyEncipherment; five bits of the byte are unused. */
const usage = bitString(Buffer.of(0b1010_0000), 5)

function tagged(tag: number, ...contents: Buffer[]): Buffer {
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

function sequence(...contents: Buffer[]): Buffer {
  return tagged(SEQUENCE, ...contents)
}

/** The fewest bytes, as DER wants it, and a leading zero where the first bit would make the number negative. */
function integer(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  const digits = first === -1 ? Buffer.of(0) : bytes.subarray(first)
  return tagged(INTEGER, ((digits[0] ?? 0) & 0x80) === 0 ? digits : Buffer.concat([Buffer.of(0), digits]))
}

function bitString(bytes: Buffer, unusedBits: number): Buffer {
  return tagged(BIT_STRING, Buffer.of(unusedBits), bytes)
}

function identifier(first: number, second: number, ...rest: number[]): Buffer {
  return tagged(OBJECT_IDENTIFIER, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift(0x80 | (left & 0x7f))
  return digits
}

function attribute(type: Buffer, value: string): Buffer {
  return tagged(SET, sequence(type, tagged(UTF8_STRING, Buffer.from(value))))
}

function criticalExtension(type: Buffer, value: Buffer): Buffer {
  return sequence(type, tagged(BOOLEAN, Buffer.of(0xff)), tagged(OCTET_STRING, value))
}

/** RFC 5280, 4.1.2.5: two digits of the year until 2049, four from then on. */
function time(epochMs: number): Buffer {
  const digits = `${new Date(epochMs).toISOString().replace(/\D/g, '').slice(0, 14)}Z`
  return Number(digits.slice(0, 4)) < 2050
    ? tagged(UTC_TIME, Buffer.from(digits.slice(2)))
    : tagged(GENERALIZED_TIME, Buffer.from(digits))
}
