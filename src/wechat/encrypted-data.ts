import { createDecipheriv, createHash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { EncryptedDataError } from './errors.ts'
import { parseJsonObject } from './signed-json.ts'

const KEY_BYTES = 16

export interface EncryptedData {
  /** Of the mini-program that the data must be meant for. */
  appid: string
  sessionKey: string
  iv: string
  encryptedData: string
  /** Data is refused when its watermark is further than this from `now`: a replay of old data proves nothing. */
  maxAgeSeconds: number
  now: Date
}

const Watermarked = z.looseObject({ watermark: z.object({ appid: z.string(), timestamp: z.number() }) })

/**
 * Decrypts and checks the `encryptedData` that a mini-program got from `wx.getUserProfile` or the old `getPhoneNumber`.
 *
 * Source: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html
 *
 * @throws {EncryptedDataError} whatever is wrong: the error must not tell a client what it was.
 */
export function openEncryptedData(input: EncryptedData): Record<string, unknown> {
  try {
    const content = parseJsonObject(decrypt(input))
    const { watermark } = Watermarked.parse(content)
    if (watermark.appid !== input.appid) throw new RangeError('The watermark is of another mini-program')
    if (isTooOld(input, watermark.timestamp)) throw new RangeError('The watermark is too old')
    return content
  } catch {
    throw new EncryptedDataError()
  }
}

/** True when `rawData` is what WeChat gave to the user of this session. */
export function isRawDataGenuine(input: { rawData: string; sessionKey: string; signature: string }): boolean {
  const expected = createHash('sha1')
    .update(input.rawData + input.sessionKey)
    .digest('hex')
  const given = Buffer.from(input.signature.toLowerCase())
  return given.length === expected.length && timingSafeEqual(given, Buffer.from(expected))
}

function decrypt({ sessionKey, iv, encryptedData }: EncryptedData): Buffer {
  const key = Buffer.from(sessionKey, 'base64')
  const vector = Buffer.from(iv, 'base64')
  if (key.length !== KEY_BYTES || vector.length !== KEY_BYTES) throw new RangeError('Key and IV must be 16 bytes long')
  const decipher = createDecipheriv('aes-128-cbc', key, vector)
  return Buffer.concat([decipher.update(Buffer.from(encryptedData, 'base64')), decipher.final()])
}

function isTooOld({ now, maxAgeSeconds }: EncryptedData, timestamp: number): boolean {
  // Not `>`: NaN is refused too.
  return !(Math.abs(now.getTime() / 1000 - timestamp) <= maxAgeSeconds)
}
