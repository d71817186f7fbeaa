import { constants, createPrivateKey, privateDecrypt, publicEncrypt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { merchantOf, startReceiver, startSandbox } from './merchant.ts'

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
const path = '/v3/security/echo'

const start = async (options = {}) => {
  const sandbox = await startSandbox(options)
  const merchant = merchantOf(sandbox)
  const mine = createPrivateKey(sandbox.credentials.mchPrivateKey)
  const open = (text: unknown) => privateDecrypt({ ...oaep, key: mine }, Buffer.from(String(text), 'base64')).toString()
  return { sandbox, merchant, open }
}

describe('an echo', () => {
  it('an echo returns the message, and the encrypted one encrypted for the merchant', async () => {
    const { sandbox, merchant, open } = await start()
    const key = sandbox.credentials.publicKey
    const encrypted = publicEncrypt({ ...oaep, key }, Buffer.from('你好')).toString('base64')
    const reply = await merchant.call('POST', path, { echo_message: 'hello', encrypted_echo_message: encrypted })
    expect(reply).toMatchObject({ status: 200, isSigned: true, json: { echo_message: 'hello' } })
    expect(open(reply.json.encrypted_echo_message)).toBe('你好')
    expect((await merchant.call('POST', path, { echo_message: 'hello' })).json).toEqual({ echo_message: 'hello' })
  })

  it('an echo’s encrypted message is decrypted with the key that Wechatpay-Serial names, and with no other', async () => {
    const { sandbox, merchant, open } = await start({ signedBy: 'both' })
    const [certificate] = await merchant.fetchCertificates()
    if (!certificate) throw new Error('There is no certificate')
    const [serial = ''] = sandbox.ledger.platformCertificates.keys()
    const encrypted = publicEncrypt({ ...oaep, key: certificate.publicKey }, Buffer.from('x')).toString('base64')
    const body = { echo_message: 'hello', encrypted_echo_message: encrypted }
    const right = await merchant.call('POST', path, body, { requestedSerial: serial })
    expect(open(right.json.encrypted_echo_message)).toBe('x')
    expect(await merchant.call('POST', path, body)).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } })
    expect(await merchant.call('POST', path, body, { requestedSerial: null })).toMatchObject({ status: 400 })
  })

  it('an echo with a notify_url is followed by a notice with both messages', async () => {
    const { sandbox, merchant, open } = await start()
    const receiver = await startReceiver(merchant)
    const encrypted = publicEncrypt({ ...oaep, key: sandbox.credentials.publicKey }, Buffer.from('secret'))
    await merchant.call('POST', path, {
      echo_message: 'hello',
      encrypted_echo_message: encrypted.toString('base64'),
      notify_url: receiver.url,
    })
    await expect.poll(() => receiver.received).toHaveLength(1)
    const [notice] = receiver.received
    expect(notice).toMatchObject({
      isSigned: true,
      envelope: {
        event_type: 'SECURITY_ECHO.SUCCESS',
        resource: { original_type: 'security', associated_data: '' },
      },
      content: { echo_message: 'hello' },
    })
    expect(open(notice?.content.encrypt_echo_message)).toBe('secret')
  })

  it.each([
    {},
    { echo_message: '' },
    { echo_message: 'a', other: 1 },
    { echo_message: 'a', notify_url: 'http://a.b/c' },
  ])('an echo request of %o is refused with PARAM_ERROR', async (body) => {
    const { merchant } = await start()
    expect(await merchant.call('POST', path, body)).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } })
  })
})
