import { constants, privateDecrypt, publicEncrypt } from 'node:crypto'
import { z } from 'zod'
import { notifyUrl, parseJsonBody, parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Answer, Call } from '../http/route.ts'
import { echoNotice } from '../notice/build.ts'
import { scheduleNotice } from '../notice/deliver.ts'
import type { World } from '../world.ts'
import { findKey } from './signing-key.ts'

const Echo = z.strictObject({
  notify_url: notifyUrl(255).optional(),
  echo_message: z.string().min(1),
  encrypted_echo_message: z.string().min(1).optional(),
})

/** How WeChat Pay encrypts single fields, in both directions: RSA-OAEP with SHA-1. */
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }

/**
 * `POST /v3/security/echo`: answers with the message that was sent, and with the encrypted one encrypted for the
 * merchant; with a `notify_url`, a notice carries both too.
 *
 * Source: https://pay.weixin.qq.com/doc/v3/merchant/4014551946
 */
export function echo(world: World, call: Call): Answer {
  const request = parseParameters(Echo, parseJsonBody(call.body), 'body')
  const secret = decryptSecret(world, call, request.encrypted_echo_message)
  const echoed = {
    echo_message: request.echo_message,
    ...(secret === undefined ? {} : { encrypted_echo_message: encryptSecret(world, secret) }),
  }
  if (request.notify_url !== undefined) {
    const notice = echoNotice(world, request.notify_url, echoed)
    world.ledger.commit(['notices', notice])
    scheduleNotice(world, notice)
  }
  return { status: 200, json: echoed }
}

/** What is encrypted with the key that `Wechatpay-Serial` names; the header is required here. */
function decryptSecret(world: World, call: Call, encrypted: string | undefined): Buffer | undefined {
  const serial = [call.headers['wechatpay-serial']].flat()[0]
  const key = serial === undefined ? undefined : findKey(world, serial)
  if (!key)
    throw new PayError(
      'PARAM_ERROR',
      'Http头缺少Wechatpay-Serial',
      { location: 'header' },
      'The header Wechatpay-Serial is required',
    )
  if (encrypted === undefined) return undefined
  try {
    return privateDecrypt({ ...oaep, key: key.privateKey }, Buffer.from(encrypted, 'base64'))
  } catch {
    const field = { field: '/encrypted_echo_message', issue: 'decrypt failed', location: 'body' }
    throw new PayError(
      'PARAM_ERROR',
      '敏感字段解密失败，请用Wechatpay-Serial对应的密钥加密',
      field,
      'is encrypted by RSA-OAEP with SHA-1 under the key that Wechatpay-Serial names',
    )
  }
}

/** A field that the merchant alone can read. */
export function encryptSecret({ keys }: World, secret: Buffer): string {
  return publicEncrypt({ ...oaep, key: keys.merchantPublicKey }, secret).toString('base64')
}
