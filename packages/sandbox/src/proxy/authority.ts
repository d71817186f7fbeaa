import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../store/files.ts'
import { createCertificate, type Name } from '../x509/certificate.ts'
import {
  authorityOrNot,
  dnsNames,
  forServersOnly,
  issuersKey,
  keyUsage,
  onlyHosts,
  ownKey,
} from '../x509/extensions.ts'
import { playedHosts } from './hosts.ts'

const DAY_MS = 86_400_000
const AUTHORITY_LIFE_MS = 10 * 365 * DAY_MS
/** Apple's clients take no longer one: https://support.apple.com/103769 */
const LEAF_LIFE_MS = 397 * DAY_MS
/** For clients whose clock is behind. */
const BACKDATED_MS = DAY_MS

/** Readable for all: the processes that trust it may run as somebody else. */
const PUBLIC_FILE = 0o644

/**
 * The certificate authority that clients of the proxy trust. By its name constraints it can vouch for WeChat's hosts alone:
 * whoever steals its key can play WeChat to those who trust it, and nobody else.
 */
export interface Authority {
  /** PEM. */
  certificate: string
  privateKey: KeyObject
  /** Where the certificate is kept; undefined when it ends with the process. */
  file: string | undefined
}

/** A certificate for all of {@link playedHosts}, with its key, both in PEM. */
export interface Leaf {
  cert: string
  key: string
  /** Milliseconds since 1970. */
  endsAt: number
}

/**
 * The authority of the last run, from `stateDir`; a new one where there is none, or where it expires soon or doesn't vouch for
 * every host that is played.
 *
 * @throws {Error} when a file of it is damaged.
 */
export function openAuthority(stateDir: string | undefined, now: number): Authority {
  if (stateDir === undefined) return { ...createAuthority(now), file: undefined }
  const file = join(stateDir, 'ca.pem')
  const keyFile = join(stateDir, 'ca-key.pem')
  const kept = existsSync(file) && existsSync(keyFile) ? readAuthority(file, keyFile, now) : undefined
  if (kept) return { ...kept, file }
  const made = createAuthority(now)
  // In this order: a certificate without its key would be trusted for nothing.
  replaceFile(keyFile, made.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  replaceFile(file, made.certificate, PUBLIC_FILE)
  return { ...made, file }
}

function readAuthority(file: string, keyFile: string, now: number): Omit<Authority, 'file'> | undefined {
  const certificate = readFileSync(file, 'utf8')
  try {
    const parsed = new X509Certificate(certificate)
    const privateKey = createPrivateKey(readFileSync(keyFile, 'utf8'))
    const isUsable =
      parsed.checkPrivateKey(privateKey) &&
      Date.parse(parsed.validTo) > now + LEAF_LIFE_MS &&
      playedHosts.every((host) => parsed.raw.includes(host))
    return isUsable ? { certificate, privateKey } : undefined
  } catch (cause) {
    throw new Error(`${file} or ${keyFile} is damaged. Remove both to have a new certificate authority.`, { cause })
  }
}

function createAuthority(now: number): Omit<Authority, 'file'> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const serial = newSerial()
  // A name of its own: clients that trust several take the right one.
  const name: Name = { organization: 'WeChat sandbox', commonName: `WeChat sandbox CA ${serial.slice(0, 8)}` }
  const certificate = createCertificate({
    subject: name,
    publicKey,
    issuer: name,
    issuerKey: privateKey,
    serial,
    startsAt: now - BACKDATED_MS,
    endsAt: now + AUTHORITY_LIFE_MS,
    extensions: [
      authorityOrNot(true),
      keyUsage('issue'),
      forServersOnly(),
      onlyHosts(playedHosts),
      ownKey(publicKey),
      issuersKey(publicKey),
    ],
  })
  return { certificate, privateKey }
}

/** A new certificate for the hosts, which the authority vouches for where its name constraints let it. */
export function issueLeaf(authority: Authority, now: number, hosts: readonly string[] = playedHosts): Leaf {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const endsAt = now + LEAF_LIFE_MS - BACKDATED_MS
  const cert = createCertificate({
    subject: { organization: 'WeChat sandbox', commonName: hosts[0] ?? '' },
    publicKey,
    issuer: nameOf(authority),
    issuerKey: authority.privateKey,
    serial: newSerial(),
    startsAt: now - BACKDATED_MS,
    endsAt,
    extensions: [
      authorityOrNot(false),
      keyUsage('sign'),
      forServersOnly(),
      dnsNames(hosts),
      ownKey(publicKey),
      issuersKey(createPublicKey(authority.certificate)),
    ],
  })
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), endsAt }
}

function nameOf({ certificate }: Authority): Name {
  const { subject } = new X509Certificate(certificate)
  const read = (attribute: string) => new RegExp(`^${attribute}=(.*)$`, 'm').exec(subject)?.[1] ?? ''
  return { organization: read('O'), commonName: read('CN') }
}

function newSerial(): string {
  return randomBytes(16).toString('hex')
}
