import { randomBytes } from 'node:crypto'
import { createNonce, responseMessage, signMessage } from '../../../../src/wechat/signature.ts'
import type { World } from '../world.ts'
import type { SigningKey } from './signing-key.ts'

/** `signtest` is the probe that WeChat Pay sends now and then: https://github.com/wechatpay-apiv3/wechatpay-java/issues/371. */
export type SignatureKind = 'right' | 'wrong' | 'signtest' | 'none'

/** The headers by which WeChat Pay vouches for the bytes of an answer or a notice. */
export async function signatureHeaders(
  world: World,
  body: string,
  { kind, key }: { kind: SignatureKind; key: SigningKey },
): Promise<Record<string, string>> {
  if (kind === 'none') return {}
  const timestamp = String(Math.floor(world.now() / 1000))
  const nonce = createNonce()
  return {
    'Wechatpay-Serial': key.serial,
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Signature': await signatureOf(key, { timestamp, nonce, body }, kind),
    'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
  }
}

async function signatureOf(
  key: SigningKey,
  signed: { timestamp: string; nonce: string; body: string },
  kind: 'right' | 'wrong' | 'signtest',
): Promise<string> {
  if (kind === 'signtest') return `WECHATPAY/SIGNTEST/${randomBytes(240).toString('base64')}`
  const body = kind === 'wrong' ? `${signed.body} ` : signed.body
  return signMessage(key.privateKey, responseMessage({ ...signed, body }).toString())
}
