import { constants, privateDecrypt, publicEncrypt } from 'node:crypto'
import { z } from 'zod'
import { notifyUrl, parseJsonBody, parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Answer, Call, Route } from '../http/route.ts'
import { echoNotice, scheduleNotice } from '../notice/deliver.ts'
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
 * `POST /v3/security/echo`: says again what it was told, in clear and encrypted with the merchant's key, and once more
 * in a notice where one is wanted. Source: https://pay.weixin.qq.com/doc/v3/merchant/4014551946
 */
function echo(world: World, call: Call): Answer {
  const wanted = parseParameters(Echo, parseJsonBody(call.body), 'body')
  const secret = decryptSecret(world, call, wanted.encrypted_echo_message)
  const told = {
    echo_message: wanted.echo_message,
    ...(secret === undefined
      ? {}
      : {
          encrypted_echo_message: publicEncrypt({ ...oaep, key: world.keys.merchantPublicKey }, secret).toString(
            'base64',
          ),
        }),
  }
  if (wanted.notify_url !== undefined) {
    const notice = echoNotice(world, wanted.notify_url, told)
    world.ledger.commit(['notices', notice])
    scheduleNotice(world, notice)
  }
  return { status: 200, json: told }
}

/** What is encrypted with the key that `Wechatpay-Serial` names; that header is a must here. */
function decryptSecret(world: World, call: Call, encrypted: string | undefined): Buffer | undefined {
  const serial = [call.headers['wechatpay-serial']].flat()[0]
  const key = serial === undefined ? undefined : findKey(world, serial)
  if (!key) throw new PayError('PARAM_ERROR', 'Http头缺少Wechatpay-Serial', { location: 'header' })
  if (encrypted === undefined) return undefined
  try {
    return privateDecrypt({ ...oaep, key: key.privateKey }, Buffer.from(encrypted, 'base64'))
  } catch {
    const field = { field: '/encrypted_echo_message', issue: 'decrypt failed', location: 'body' }
    throw new PayError('PARAM_ERROR', '敏感字段解密失败，请用Wechatpay-Serial对应的密钥加密', field)
  }
}

export const echoRoutes: Route[] = [
  { method: 'POST', path: /^\/v3\/security\/echo$/, endpoint: 'security-echo', handle: echo },
]
