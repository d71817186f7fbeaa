import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Text } from '../texts.ts'
import { isStrongRsa, MINIMUM_KEY_BITS } from '../wechat/rsa-key.ts'
import { FaultError } from './reader.ts'
import { keyFaultTexts as faults } from './texts.ts'

type KeyKind = 'private' | 'public'

const BLOCK = /-----BEGIN ?([A-Z0-9 ]+)-----(.*?)-----END ?\1-----/gs

/** The body of a PEM block alone, as some secret stores keep it. No path is as long. */
const BARE = /^[0-9A-Za-z+/\s\\]{256,}={0,2}$/

interface Block {
  /** Empty when the text was a body alone. */
  label: string
  der: Buffer
}

/**
 * An RSA key of 2048 bits or more, from text as people paste it (in quotes, indented, with CRLF or a written-out `\n`,
 * all on one line, with or without its BEGIN and END) or from the file whose path it is; PKCS#1, PKCS#8 and SPKI alike.
 *
 * @throws {FaultError} naming what is wrong, and never the text.
 */
export function readKey(text: string, kind: KeyKind): KeyObject {
  const blocks = readBlocks(isPem(text) ? text : readPath(text))
  const keys = blocks.map((block) => ({ ...identify(block), block }))
  const found = keys.find((each) => each.what === kind) ?? keys[0]
  if (found?.what === 'damaged') throw new FaultError(faults.damaged)
  if (found?.what !== kind) throw new FaultError(faults.other(found?.what ?? 'other', kind))
  const { key } = found
  if (key.asymmetricKeyType !== 'rsa') throw new FaultError(faults.noRsa(kind))
  if (!isStrongRsa(key)) throw new FaultError(faults.weak(MINIMUM_KEY_BITS))
  return key
}

/** The key as PEM text in the one form that the rest reads: PKCS#8, or SPKI. */
export function toPem(key: KeyObject): string {
  return String(key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }))
}

function isPem(text: string): boolean {
  return text.includes('-----BEGIN') || BARE.test(text)
}

function readPath(path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new FaultError(whyUnreadable((error as NodeJS.ErrnoException).code))
  }
  if (!isPem(text.trim())) throw new FaultError(faults.noPem)
  return text.trim()
}

function whyUnreadable(code: string | undefined): Text {
  if (code === 'ENOENT' || code === 'ENOTDIR') return faults.noFile
  if (code === 'EACCES' || code === 'EPERM') return faults.unreadable
  if (code === 'EISDIR') return faults.folder
  return faults.neither
}

function readBlocks(text: string): Block[] {
  const lines = text.replaceAll(/\\r|\\n/g, '\n')
  if (!lines.includes('-----BEGIN')) return [{ label: '', der: Buffer.from(lines, 'base64') }]
  const blocks = [...lines.matchAll(BLOCK)].map(([, label = '', body = '']) => {
    if (label.startsWith('ENCRYPTED') || body.includes('ENCRYPTED')) throw new FaultError(faults.passphrase)
    return { label, der: Buffer.from(body, 'base64') }
  })
  if (blocks.length === 0) throw new FaultError(faults.cutOff)
  return blocks
}

type Identified = { what: KeyKind; key: KeyObject } | { what: 'certificate' | 'damaged' | 'other'; key?: undefined }

/** What a block is. Tools mix up labels, so its content decides. */
function identify({ label, der }: Block): Identified {
  const types = ['pkcs8', 'pkcs1', 'sec1', 'spki'] as const
  for (const type of types) {
    const key = attempt(() =>
      type === 'spki'
        ? createPublicKey({ key: der, format: 'der', type })
        : createPrivateKey({ key: der, format: 'der', type }),
    )
    if (key) return { what: type === 'spki' ? 'public' : 'private', key }
  }
  const pkcs1 = attempt(() => createPublicKey({ key: der, format: 'der', type: 'pkcs1' }))
  if (pkcs1) return { what: 'public', key: pkcs1 }
  if (label.includes('CERTIFICATE') || attempt(() => new X509Certificate(der))) return { what: 'certificate' }
  return { what: label === '' || label.endsWith('KEY') ? 'damaged' : 'other' }
}

function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
