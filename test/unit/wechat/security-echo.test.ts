import { constants, generateKeyPairSync, privateDecrypt } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { echo } from '../../../src/wechat/security-echo.ts'
import { givenWechatPay, merchantConfig, wechatSigner } from './fake-wechat.ts'

describe('the self test of a configuration', () => {
  test('passes when WeChat Pay gives back what we signed and encrypted for it', async () => {
    const { wechat, received } = await givenWechatPay(({ body }) => ({ body }))
    await echo(wechat, { withNotice: true })
    const sent = JSON.parse(received[0]?.body ?? '') as Record<string, string>
    expect(received[0]).toMatchObject({ method: 'POST', path: '/v3/security/echo' })
    expect(sent.notify_url).toBe(merchantConfig.notifyUrl)
    const padding = constants.RSA_PKCS1_OAEP_PADDING
    const encrypted = Buffer.from(sent.encrypted_echo_message ?? '', 'base64')
    const opened = privateDecrypt({ key: wechatSigner.privateKey, padding, oaepHash: 'sha1' }, encrypted)
    expect(opened.toString()).toBe(sent.echo_message)
  })

  test('asks for no notice by itself', async () => {
    const { wechat, received } = await givenWechatPay(({ body }) => ({ body }))
    await echo(wechat)
    expect(JSON.parse(received[0]?.body ?? '')).not.toHaveProperty('notify_url')
  })

  test('fails when another message comes back', async () => {
    const { wechat } = await givenWechatPay(() => ({ body: '{"echo_message":"another"}' }))
    await expect(echo(wechat)).rejects.toMatchObject({ outcomeUnknown: true })
  })

  test('fails when a stranger answers', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const { wechat } = await givenWechatPay(({ body }) => ({ body, signedBy: { ...wechatSigner, privateKey } }))
    await expect(echo(wechat)).rejects.toMatchObject({ name: 'WechatPayError' })
  })
})
