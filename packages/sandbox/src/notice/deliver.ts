import { randomUUID } from 'node:crypto'
import { encryptAead } from '../../../../src/wechat/cipher.ts'
import { createNonce } from '../../../../src/wechat/signature.ts'
import { toBeijingTime } from '../beijing-time.ts'
import type { FaultKind } from '../control/faults.ts'
import { newRequestId } from '../http/request-id.ts'
import { type SignatureKind, signatureHeaders } from '../keys/signature-headers.ts'
import { keyForNotice } from '../keys/signing-key.ts'
import { describeTransaction } from '../pay/transaction.ts'
import type { Notice, Order, Refund } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { post } from './post.ts'

/** Seconds between deliveries until one is taken: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_2_5.shtml. */
export const noticeScheduleSeconds = [
  15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600,
] as const

export interface SignedNotice {
  url: string
  headers: Record<string, string>
  body: string
}

const noticeEndpoints = {
  transaction: 'payment-notice',
  refund: 'refund-notice',
  security: 'echo-notice',
} as const

type NoticeSeed = Pick<Notice, 'eventType' | 'originalType' | 'summary' | 'subject' | 'url' | 'content'>

function newNotice(world: World, seed: NoticeSeed): Notice {
  const now = world.now()
  return { noticeId: randomUUID(), ...seed, createdAt: now, attempts: 0, state: 'WAITING', nextAttemptAt: now }
}

/** The notice that an order was paid, to the URL that its prepay named. */
export function paymentNotice(world: World, order: Order): Notice {
  return newNotice(world, {
    eventType: 'TRANSACTION.SUCCESS',
    originalType: 'transaction',
    summary: '支付成功',
    subject: order.outTradeNo,
    url: order.notifyUrl,
    content: describeTransaction(world, order),
  })
}

const refundSummaries = { SUCCESS: '退款成功', ABNORMAL: '退款异常', CLOSED: '退款关闭' } as const

/** The notice that a refund has ended, to its own URL, else to the one of the merchant platform, else to its order's. */
export function refundNotice(world: World, refund: Refund, status: keyof typeof refundSummaries): Notice {
  const order = world.ledger.orders.get(refund.outTradeNo)
  return newNotice(world, {
    eventType: `REFUND.${status}`,
    originalType: 'refund',
    summary: refundSummaries[status],
    subject: refund.outRefundNo,
    url: refund.notifyUrl ?? world.notifyUrl ?? order?.notifyUrl ?? '',
    content: {
      mchid: world.credentials.mchid,
      transaction_id: refund.transactionId,
      out_trade_no: refund.outTradeNo,
      refund_id: refund.refundId,
      out_refund_no: refund.outRefundNo,
      refund_status: status,
      ...(refund.succeededAt === undefined ? {} : { success_time: toBeijingTime(refund.succeededAt) }),
      user_received_account: '支付用户零钱',
      amount: {
        total: refund.totalFen,
        refund: refund.refundFen,
        payer_total: refund.payerTotalFen,
        payer_refund: refund.payerRefundFen,
      },
    },
  })
}

/** What an echo asked to be told again; its encrypted message goes by a slightly different name here. */
export function echoNotice(
  world: World,
  url: string,
  told: { echo_message: string; encrypted_echo_message?: string },
): Notice {
  const { echo_message, encrypted_echo_message } = told
  return newNotice(world, {
    eventType: 'SECURITY_ECHO.SUCCESS',
    originalType: 'security',
    summary: '回调通知成功',
    subject: echo_message,
    url,
    content: { echo_message, ...(encrypted_echo_message ? { encrypt_echo_message: encrypted_echo_message } : {}) },
  })
}

/** Of what kind a notice is, encrypted beside it; an echo says nothing. */
function associatedDataOf({ originalType }: Notice): string {
  return originalType === 'security' ? '' : originalType
}

/** The request that carries a notice, encrypted and signed anew as for every delivery. */
export async function signNotice(
  world: World,
  notice: Notice,
  signature: SignatureKind = 'right',
): Promise<SignedNotice> {
  const nonce = createNonce().slice(0, 12)
  const body = JSON.stringify({
    id: notice.noticeId,
    create_time: toBeijingTime(notice.createdAt),
    resource_type: 'encrypt-resource',
    event_type: notice.eventType,
    summary: notice.summary,
    resource: {
      original_type: notice.originalType,
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: encryptAead(world.credentials.apiV3Key, {
        plaintext: JSON.stringify(notice.content),
        nonce,
        associatedData: associatedDataOf(notice),
      }),
      associated_data: associatedDataOf(notice),
      nonce,
    },
  })
  const headers = {
    'Content-Type': 'application/json',
    Accept: '*/*',
    'User-Agent': 'Mozilla/4.0',
    'Request-ID': newRequestId(),
    ...(await signatureHeaders(world, body, { kind: signature, key: await keyForNotice(world) })),
  }
  return { url: notice.url, headers, body }
}

/** Delivers a notice when it is due, and again on WeChat Pay's schedule until 200 or 204 is answered. */
export function scheduleNotice(world: World, notice: Notice): void {
  world.timers.after(Math.max(0, notice.nextAttemptAt - world.now()), () => {
    attempt(world, notice).catch((error: unknown) => {
      if (!world.closing.aborted) world.log.error({ error, noticeId: notice.noticeId }, 'A notice could not be made')
    })
  })
}

async function attempt(world: World, notice: Notice): Promise<void> {
  const status = await deliver(world, notice)
  if (world.closing.aborted) return
  const attempts = notice.attempts + 1
  const pause = noticeScheduleSeconds[attempts - 1]
  const taken = status === 200 || status === 204
  const next: Notice = {
    ...notice,
    attempts,
    state: taken ? 'TAKEN' : pause === undefined ? 'GIVEN_UP' : 'WAITING',
    nextAttemptAt: world.now() + (pause ?? 0) * 1000 * world.settings.noticeScheduleFactor,
  }
  world.ledger.commit(['notices', next])
  world.log.debug({ noticeId: notice.noticeId, subject: notice.subject, status, attempts }, `Notice ${next.state}`)
  if (next.state === 'WAITING') scheduleNotice(world, next)
}

/** The status that was answered; undefined when nothing came. */
async function deliver(world: World, notice: Notice): Promise<number | undefined> {
  const endpoint = noticeEndpoints[notice.originalType]
  const kind = world.faults.take(endpoint, `${notice.subject} ${JSON.stringify(notice.content)}`)?.kind
  if (kind === 'lost' || notice.url === '') return undefined
  if (kind === 'twice') {
    const [first, second] = await Promise.all([send(world, notice), send(world, notice)])
    return first === 200 || first === 204 ? first : second
  }
  return send(world, notice, signatureUnder(world, kind))
}

function signatureUnder({ settings, signing }: World, kind: FaultKind | undefined): SignatureKind {
  if (kind === 'wrong-signature') return 'wrong'
  return kind === 'signtest-signature' || signing.noticeProbes(settings.noticeProbePercent) ? 'signtest' : 'right'
}

/** One delivery; the status that was answered, undefined when nothing came. */
export async function send(
  world: World,
  notice: Notice,
  signature: SignatureKind = 'right',
): Promise<number | undefined> {
  const { url, headers, body } = await signNotice(world, notice, signature)
  return post(url, { headers, body, signal: world.closing })
}
