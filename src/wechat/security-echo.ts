import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import { notifyUrl } from './input-rules.ts'
import type { WechatPay } from './merchant.ts'
import { createNonce } from './signature.ts'
import { readSigned, undocumented } from './signed-json.ts'
import { callPay } from './transport.ts'

const MAX_NOTIFY_URL_LENGTH = 255

/**
 * Tests all keys at once: WeChat Pay verifies our signature and decrypts what we encrypt, and we do the same with its
 * answer. Moves no money. With `withNotice`, WeChat Pay also sends a `SECURITY_ECHO.SUCCESS` notice.
 *
 * Source: https://pay.weixin.qq.com/doc/v3/merchant/4014551946
 *
 * @returns the message that was sent, which the notice repeats.
 * @throws {WechatPayError} whose `action` and `hint` say what is wrong.
 */
export async function echo(wechat: WechatPay, { withNotice = false } = {}): Promise<{ message: string }> {
  const message = createNonce()
  const encrypted = encryptForWechat(wechat, message)
  const body = JSON.stringify({
    ...(withNotice ? { notify_url: notifyUrl(wechat.notifyUrl, MAX_NOTIFY_URL_LENGTH) } : {}),
    echo_message: message,
    ...(encrypted === undefined ? {} : { encrypted_echo_message: encrypted }),
  })
  const request = { method: 'POST' as const, path: '/v3/security/echo', body }
  const answer = await callPay(wechat, request)
  if (answer.body.length === 0) return { message }
  const other = readSigned(request, answer, ({ echo_message, encrypted_echo_message: secret }) => {
    const opened = typeof secret === 'string' ? openFromWechat(wechat, secret) : secret
    return [echo_message, opened].find((text) => text !== undefined && text !== message)
  })
  if (other !== undefined) throw undocumented(request, answer, 'another message came back')
  return { message }
}

/**
 * Encrypts a sensitive field for WeChat Pay (RSA-OAEP with SHA-1), with the key that `Wechatpay-Serial` names in our
 * requests; `undefined` while no key is known.
 *
 * Source: wechatpay-go `utils/rsa_crypto.go`.
 */
export function encryptForWechat(wechat: WechatPay, plaintext: string): string | undefined {
  const now = wechat.now()
  const id = wechat.trustStore.preferredId(now)
  const key = id === undefined ? undefined : wechat.trustStore.find(id, now)
  if (!key) return undefined
  return publicEncrypt(oaep(key), Buffer.from(plaintext)).toString('base64')
}

/**
 * Decrypts a sensitive field that WeChat Pay encrypted with the key of the merchant's certificate; `null` when it was
 * encrypted for somebody else.
 *
 * Source: wechatpay-go `utils/rsa_crypto.go`.
 */
export function openFromWechat({ privateKey }: Pick<WechatPay, 'privateKey'>, ciphertext: string): string | null {
  try {
    return privateDecrypt(oaep(privateKey), Buffer.from(ciphertext, 'base64')).toString()
  } catch {
    return null
  }
}

function oaep(key: KeyObject) {
  return { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
}
