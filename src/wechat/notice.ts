import { z } from 'zod'
import { decryptAead, type EncryptedResource } from './cipher.ts'
import { InvalidNoticeError, MalformedNoticeError, UndecipherableNoticeError } from './errors.ts'
import type { WechatPay } from './merchant.ts'
import { parseJsonObject, problemOf } from './signed-json.ts'
import { findSignatureFault, type MessageHeaders } from './signed-message.ts'
import { parseNotifiedRefund, parseTransaction, type WechatRefund, type WechatTransaction } from './transaction.ts'

export type Notice =
  | { kind: 'transaction'; noticeId: string; eventType: string; transaction: WechatTransaction }
  | { kind: 'refund'; noticeId: string; eventType: string; refund: WechatRefund & { mchid: string } }
  | {
      kind: 'other'
      noticeId: string
      eventType: string
      content: Record<string, unknown>
      resource: EncryptedResource
    }

/** Source: wechatpay-go `core/notify/notify.go`. */
const Envelope = z.object({
  id: z.string().min(1).max(64),
  event_type: z.string().min(1).max(64),
  resource: z.object({
    algorithm: z.string(),
    ciphertext: z.string(),
    nonce: z.string(),
    associated_data: z.string().nullish(),
  }),
})

/**
 * Verifies, decrypts and parses a notice of WeChat Pay. Nothing in `rawBody` is parsed before its signature is
 * verified.
 *
 * @param rawBody the request body byte for byte; a re-serialised body does not verify.
 * @throws {InvalidNoticeError} unless WeChat Pay signed it within five minutes of now. Answer 401.
 * @throws {MalformedNoticeError} when it is signed and isn't a notice. Answer 400.
 * @throws {UndecipherableNoticeError} when its content can't be decrypted or parsed. Answer 500 and raise an alert.
 */
export function readNotice(
  wechat: Pick<WechatPay, 'trustStore' | 'apiV3Keys' | 'now'>,
  headers: MessageHeaders,
  rawBody: Buffer,
): Notice {
  const fault = findSignatureFault(wechat.trustStore, { headers, body: rawBody, now: wechat.now() })
  if (fault) throw new InvalidNoticeError(fault)
  const envelope = readEnvelope(rawBody)
  const content = openContent(wechat.apiV3Keys, envelope)
  try {
    return { noticeId: envelope.id, eventType: envelope.event_type, ...readContent(envelope, content) }
  } catch (error) {
    throw new UndecipherableNoticeError(envelope.id, problemOf(error), error)
  }
}

function readEnvelope(rawBody: Buffer): z.infer<typeof Envelope> {
  try {
    return Envelope.parse(parseJsonObject(rawBody))
  } catch (error) {
    throw new MalformedNoticeError(error)
  }
}

function openContent(apiV3Keys: readonly string[], { id, resource }: z.infer<typeof Envelope>) {
  if (resource.algorithm !== 'AEAD_AES_256_GCM') {
    throw new UndecipherableNoticeError(id, 'its algorithm is not AEAD_AES_256_GCM')
  }
  let plaintext: string
  try {
    plaintext = decryptAead(apiV3Keys, resource)
  } catch (error) {
    throw new UndecipherableNoticeError(id, 'the APIv3 key does not open it: check it on the merchant platform', error)
  }
  try {
    return parseJsonObject(plaintext)
  } catch {
    // Without the SyntaxError as its cause: that quotes the text, which contains personal data.
    throw new UndecipherableNoticeError(id, 'it opens, but is not a JSON object')
  }
}

function readContent({ event_type, resource }: z.infer<typeof Envelope>, content: Record<string, unknown>) {
  switch (event_type) {
    case 'TRANSACTION.SUCCESS':
      return { kind: 'transaction' as const, transaction: parseTransaction(content) }
    case 'REFUND.SUCCESS':
    case 'REFUND.ABNORMAL':
    case 'REFUND.CLOSED':
      return { kind: 'refund' as const, refund: parseNotifiedRefund(content) }
    default:
      return { kind: 'other' as const, content, resource }
  }
}
