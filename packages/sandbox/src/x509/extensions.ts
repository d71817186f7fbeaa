import { createHash, type KeyObject } from 'node:crypto'
import { bitString, context, identifier, octets, primitive, sequence, TRUE, tagged } from './der.ts'

const SUBJECT_KEY = identifier(2, 5, 29, 14)
const KEY_USAGE = identifier(2, 5, 29, 15)
const ALTERNATIVE_NAMES = identifier(2, 5, 29, 17)
const BASIC_CONSTRAINTS = identifier(2, 5, 29, 19)
const NAME_CONSTRAINTS = identifier(2, 5, 29, 30)
const AUTHORITY_KEY = identifier(2, 5, 29, 35)
const EXTENDED_KEY_USAGE = identifier(2, 5, 29, 37)
const SERVER_AUTHENTICATION = identifier(1, 3, 6, 1, 5, 5, 7, 3, 1)

const DNS_NAME = primitive(2)
const IP_ADDRESS = primitive(7)

/** Every IPv4 and every IPv6 address: an address and a mask, all zero. */
const ANY_ADDRESS = [Buffer.alloc(8), Buffer.alloc(32)]

/** Bits of RFC 5280, 4.2.1.3, and how many of the byte's are unused. */
const usages = {
  /** digitalSignature */
  sign: bitString(Buffer.of(0b1000_0000), 7),
  /** digitalSignature and keyEncipherment */
  signAndEncipher: bitString(Buffer.of(0b1010_0000), 5),
  /** keyCertSign and cRLSign */
  issue: bitString(Buffer.of(0b0000_0110), 1),
}

/** Whether its key may issue certificates; if so, only for those that may not. */
export function authorityOrNot(isAuthority: boolean): Buffer {
  return critical(BASIC_CONSTRAINTS, isAuthority ? sequence(TRUE, NO_AUTHORITY_BELOW) : sequence())
}

/** An integer of zero. */
const NO_AUTHORITY_BELOW = tagged(0x02, Buffer.of(0))

export function keyUsage(usage: keyof typeof usages): Buffer {
  return critical(KEY_USAGE, usages[usage])
}

export function forServersOnly(): Buffer {
  return extension(EXTENDED_KEY_USAGE, sequence(SERVER_AUTHENTICATION))
}

export function ownKey(key: KeyObject): Buffer {
  return extension(SUBJECT_KEY, octets(keyIdentifier(key)))
}

export function issuersKey(key: KeyObject): Buffer {
  return extension(AUTHORITY_KEY, sequence(tagged(primitive(0), keyIdentifier(key))))
}

export function dnsNames(names: readonly string[]): Buffer {
  return extension(ALTERNATIVE_NAMES, sequence(...names.map(dnsName)))
}

/** RFC 5280, 4.2.1.10: what is issued below may name these hosts and what is under them, and no IP address. */
export function onlyHosts(names: readonly string[]): Buffer {
  const permitted = names.map((name) => sequence(dnsName(name)))
  const excluded = ANY_ADDRESS.map((range) => sequence(tagged(IP_ADDRESS, range)))
  return critical(NAME_CONSTRAINTS, sequence(tagged(context(0), ...permitted), tagged(context(1), ...excluded)))
}

function dnsName(name: string): Buffer {
  return tagged(DNS_NAME, Buffer.from(name))
}

/** Any value does that is the same wherever the key is named. */
function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
}

function extension(type: Buffer, value: Buffer): Buffer {
  return sequence(type, octets(value))
}

function critical(type: Buffer, value: Buffer): Buffer {
  return sequence(type, TRUE, octets(value))
}
