import { createCipheriv, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type EncryptedData, isRawDataGenuine, openEncryptedData } from '../../../src/wechat/encrypted-data.ts'
import { EncryptedDataError } from '../../../src/wechat/errors.ts'

const appid = 'wx00000000000000aa'
const key = randomBytes(16)
const iv = randomBytes(16)
const watermark = { appid, timestamp: 1_780_300_800 }
const at = (seconds: number) => new Date((watermark.timestamp + seconds) * 1000)

describe('the encrypted data of a mini-program user', () => {
  test('decrypts user data with the session key', () => {
    const content = { phoneNumber: '13580006666', watermark }
    expect(openEncryptedData(sealed(content))).toEqual(content)
  })

  test('rejects user data that is older than the caller allows', () => {
    const open = (seconds: number) =>
      openEncryptedData({ ...sealed({ watermark }), now: at(seconds), maxAgeSeconds: 300 })
    expect(() => openEncryptedData({ ...sealed({ watermark }), now: at(0), maxAgeSeconds: Number.NaN })).toThrow(
      EncryptedDataError,
    )
    expect(open(300)).toEqual({ watermark })
    expect(() => open(301)).toThrow(EncryptedDataError)
    expect(() => open(-301)).toThrow(EncryptedDataError)
  })

  test('throws the same error whatever is wrong with user data', () => {
    const right = sealed({ watermark })
    const wrong = [
      { ...right, appid: 'wxother' },
      { ...right, sessionKey: randomBytes(16).toString('base64') },
      { ...right, sessionKey: '' },
      { ...right, iv: 'AAAA' },
      { ...right, encryptedData: 'AAAA' },
      sealed({ noWatermark: true }),
      sealed('text'),
    ]
    const errors = wrong.map((input) => {
      try {
        return openEncryptedData(input)
      } catch (error) {
        return [error instanceof EncryptedDataError, String(error), (error as Error).cause]
      }
    })
    expect(new Set(errors.map((error) => JSON.stringify(error))).size).toBe(1)
    expect(errors[0]).toEqual([true, expect.stringMatching(/log in again/), undefined])
  })
})

describe('the signature of raw data', () => {
  test('rejects a signature of raw data with another length', () => {
    expect(isRawDataGenuine({ rawData: '{}', sessionKey: 'k', signature: 'abc' })).toBe(false)
  })
})

function sealed(content: unknown): EncryptedData {
  const cipher = createCipheriv('aes-128-cbc', key, iv)
  const encryptedData = Buffer.concat([cipher.update(JSON.stringify(content)), cipher.final()]).toString('base64')
  const fresh = { now: at(0), maxAgeSeconds: 300 }
  return { appid, sessionKey: key.toString('base64'), iv: iv.toString('base64'), encryptedData, ...fresh }
}
