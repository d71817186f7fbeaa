import { randomBytes } from 'node:crypto'
import { createSignature, responseMessage, SIGNATURE_TYPE } from '../crypto/signature.ts'
import { randomAlphanumeric } from '../numbers.ts'
import type { SigningKey } from './signing-key.ts'

const NONCE_CHARACTERS = 32

/** `signtest` is the probe that WeChat Pay sends now and then: https://github.com/wechatpay-apiv3/wechatpay-java/issues/371. */
export type SignatureKind = 'right' | 'wrong' | 'signtest' | 'none'

/** The headers by which WeChat Pay vouches for the bytes of an answer or a notice. */
export async function signatureHeaders(
  { wallNow }: { wallNow: () => number },
  body: string,
  { kind, key }: { kind: SignatureKind; key: SigningKey },
): Promise<Record<string, string>> {
  if (kind === 'none') return {}
  const timestamp = String(Math.floor(wallNow() / 1000))
  const nonce = randomAlphanumeric(NONCE_CHARACTERS)
  return {
    'Wechatpay-Serial': key.serial,
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Signature': await signatureOf(key, { timestamp, nonce, body }, kind),
    'Wechatpay-Signature-Type': SIGNATURE_TYPE,
  }
}

async function signatureOf(
  key: SigningKey,
  response: { timestamp: string; nonce: string; body: string },
  kind: 'right' | 'wrong' | 'signtest',
): Promise<string> {
  if (kind === 'signtest') return `WECHATPAY/SIGNTEST/${randomBytes(240).toString('base64')}`
  const body = kind === 'wrong' ? `${response.body} ` : response.body
  return createSignature(key.privateKey, responseMessage({ ...response, body }))
}
