import { generateKeyPair, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { promisify } from 'node:util'
import { createSelfSignedCertificate } from '@looklook-pay/sandbox/certificate'
import type { Place } from './place.ts'

const DAY_MS = 86_400_000

/** The files of a certificate, and of its private key. */
export interface CertificateFiles {
  certificate: string
  key: string
}

/** A certificate for `localhost`, which this process trusts until the end. */
export async function makeCertificate({ folder, atEnd }: Place): Promise<CertificateFiles> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const pem = createSelfSignedCertificate({
    publicKey,
    privateKey,
    serial: `01${randomBytes(8).toString('hex')}`,
    organization: 'looklook-pay',
    commonName: 'localhost',
    startsAt: Date.now() - DAY_MS,
    endsAt: Date.now() + DAY_MS,
  })
  const files = { certificate: join(folder, 'localhost.pem'), key: join(folder, 'localhost.key') }
  await writeFile(files.certificate, pem)
  await writeFile(files.key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  const trusted = getCACertificates('default')
  setDefaultCACertificates([...trusted, pem])
  atEnd(async () => setDefaultCACertificates(trusted))
  return files
}
