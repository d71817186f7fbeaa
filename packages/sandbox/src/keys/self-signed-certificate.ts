import type { KeyObject } from 'node:crypto'
import { createCertificate } from '../x509/certificate.ts'
import { authorityOrNot, keyUsage } from '../x509/extensions.ts'

/**
 * A self-signed X.509 certificate, as platform certificates are.
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
  const name = { organization, commonName }
  return createCertificate({
    subject: name,
    publicKey,
    issuer: name,
    issuerKey: privateKey,
    serial,
    startsAt,
    endsAt,
    extensions: [authorityOrNot(false), keyUsage('signAndEncipher')],
  })
}
