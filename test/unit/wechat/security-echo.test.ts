import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { echo } from '../../../src/wechat/security-echo.ts'
import { givenWechatPay, merchantConfig, merchantPublicKey, wechatSigner } from './fake-wechat.ts'

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }

/** What WeChat Pay answers to `body`: the message again, and `secret` encrypted for the merchant. */
function echoed(body: string, secret?: string): string {
  const sent = JSON.parse(body) as Record<string, string>
  const encrypted = Buffer.from(sent.encrypted_echo_message ?? '', 'base64')
  const opened = privateDecrypt({ ...oaep, key: wechatSigner.privateKey }, encrypted)
  const sealed = publicEncrypt({ ...oaep, key: merchantPublicKey }, secret === undefined ? opened : Buffer.from(secret))
  return JSON.stringify({ echo_message: sent.echo_message, encrypted_echo_message: sealed.toString('base64') })
}

describe('the self test of a configuration', () => {
  test('passes the echo when WeChat Pay returns our message, in clear and encrypted', async () => {
    const { wechat, received } = await givenWechatPay(({ body }) => ({ body: echoed(body) }))
    await echo(wechat, { withNotice: true })
    const sent = JSON.parse(received[0]?.body ?? '') as Record<string, string>
    expect(received[0]).toMatchObject({ method: 'POST', path: '/v3/security/echo' })
    expect(sent.notify_url).toBe(merchantConfig.notifyUrl)
    const encrypted = Buffer.from(sent.encrypted_echo_message ?? '', 'base64')
    const opened = privateDecrypt({ ...oaep, key: wechatSigner.privateKey }, encrypted)
    expect(opened.toString()).toBe(sent.echo_message)
  })

  test('requests no notice for an echo by default', async () => {
    const { wechat, received } = await givenWechatPay(({ body }) => ({ body: echoed(body) }))
    await echo(wechat)
    expect(JSON.parse(received[0]?.body ?? '')).not.toHaveProperty('notify_url')
  })

  test('fails the echo when another message comes back', async () => {
    const { wechat } = await givenWechatPay(() => ({ body: '{"echo_message":"another"}' }))
    await expect(echo(wechat)).rejects.toMatchObject({ outcomeUnknown: true })
  })

  test('fails the echo when the encrypted message is another one, or for another merchant', async () => {
    const { wechat } = await givenWechatPay(({ body }) => ({ body: echoed(body, 'another') }))
    await expect(echo(wechat)).rejects.toMatchObject({ outcomeUnknown: true })
    const { wechat: other } = await givenWechatPay(({ body }) => ({ body }))
    await expect(echo(other)).rejects.toMatchObject({ outcomeUnknown: true })
  })

  test('passes the echo without an encrypted message in the answer', async () => {
    const { wechat } = await givenWechatPay(({ body }) => {
      const { echo_message } = JSON.parse(body) as Record<string, string>
      return { body: JSON.stringify({ echo_message }) }
    })
    await expect(echo(wechat)).resolves.toMatchObject({ message: expect.any(String) })
  })

  test('fails the echo when somebody else signs the answer', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const { wechat } = await givenWechatPay(({ body }) => ({ body, signedBy: { ...wechatSigner, privateKey } }))
    await expect(echo(wechat)).rejects.toMatchObject({ name: 'WechatPayError' })
  })
})
