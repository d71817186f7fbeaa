import { type KeyObject, sign } from 'node:crypto'
import { bitString, context, identifier, integer, NOTHING, sequence, setOf, tagged, time, utf8 } from './der.ts'

const VERSION_3 = tagged(context(0), integer(Buffer.of(2)))
const ORGANIZATION = identifier(2, 5, 4, 10)
const COMMON_NAME = identifier(2, 5, 4, 3)

/** With SHA-256, by the type of the key. */
const signatures: Partial<Record<string, Buffer>> = {
  rsa: sequence(identifier(1, 2, 840, 113549, 1, 1, 11), NOTHING),
  ec: sequence(identifier(1, 2, 840, 10045, 4, 3, 2)),
}

export interface Name {
  organization: string
  commonName: string
}

/**
 * An X.509 certificate (RFC 5280).
 *
 * @param certificate.serial hexadecimal, at most 19 bytes, or 20 that begin with a zero bit.
 * @returns PEM; valid in whole seconds from `startsAt` to `endsAt` (milliseconds since 1970).
 */
export function createCertificate(certificate: {
  subject: Name
  publicKey: KeyObject
  issuer: Name
  issuerKey: KeyObject
  serial: string
  startsAt: number
  endsAt: number
  extensions: Buffer[]
}): string {
  const { subject, publicKey, issuer, issuerKey, serial, startsAt, endsAt, extensions } = certificate
  const signature = signatures[issuerKey.asymmetricKeyType ?? '']
  if (!signature) throw new Error(`A key of type ${issuerKey.asymmetricKeyType} signs no certificates here`)
  const content = sequence(
    VERSION_3,
    integer(Buffer.from(serial, 'hex')),
    signature,
    nameOf(issuer),
    sequence(time(startsAt), time(endsAt)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(context(3), sequence(...extensions)),
  )
  const der = sequence(content, signature, bitString(sign('sha256', content, issuerKey), 0))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function nameOf({ organization, commonName }: Name): Buffer {
  return sequence(attribute(ORGANIZATION, organization), attribute(COMMON_NAME, commonName))
}

function attribute(type: Buffer, value: string): Buffer {
  return setOf(sequence(type, utf8(value)))
}
