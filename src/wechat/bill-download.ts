import { z } from 'zod'
import { type DownloadedBill, openBillStore } from './downloaded-bill.ts'
import { BillError, WechatPayError } from './errors.ts'
import { describePayAnswer, describeSilence } from './failure.ts'
import { NoAnswerError } from './http.ts'
import { matching } from './input-rules.ts'
import type { WechatPay } from './merchant.ts'
import { readSigned } from './signed-json.ts'
import type { TradeBillType } from './trade-bill.ts'
import { callPay, failed, signedHeaders } from './transport.ts'

const WECHAT_PAY_HOSTS = new Set(['api.mch.weixin.qq.com', 'api2.mch.weixin.qq.com', 'api2.wechatpay.cn'])
/** The URL is valid for five minutes. */
const DOWNLOAD_TIMEOUT_MS = 240_000
/** Some 500 bytes for each of ten million lines, and what a poor compression leaves of them. */
const MAX_BILL_BYTES = 5 * 1024 ** 3
const MAX_COMPRESSED_BYTES = 1024 ** 3

/** The URL of a bill, valid for five minutes, and the SHA-1 of its decompressed bytes. */
export interface BillTicket {
  downloadUrl: string
  hashValue: string
}

export type BillRequest =
  | { status: 'ready'; ticket: BillTicket }
  /** WeChat Pay is still creating it: request it again in half an hour. */
  | { status: 'creating' }
  /** No transactions that day. For a day with payments of ours that is an alert. */
  | { status: 'none' }

const TicketAnswer = z.object({
  hash_type: z.literal('SHA1'),
  hash_value: z.string().regex(/^[0-9a-f]{40}$/i),
  download_url: z.url(),
})

/**
 * Requests the trade bill of one day in China, which is ready from 10:00 of the next day and kept for three months.
 *
 * Source: https://pay.weixin.qq.com/doc/v3/merchant/4013071254
 *
 * @param billOn `yyyy-mm-dd`
 * @throws {WechatPayError} unless WeChat Pay signed the answer, or said that there is no bill (yet).
 */
export async function requestTradeBill(
  wechat: WechatPay,
  { billOn, billType = 'ALL' }: { billOn: string; billType?: TradeBillType },
): Promise<BillRequest> {
  return requestBill(wechat, 'tradebill', { bill_date: billDate(billOn), bill_type: billType })
}

/** Requests the fund flow bill in the same way: money into and out of one of the merchant's accounts. */
export async function requestFundFlowBill(
  wechat: WechatPay,
  { billOn, accountType = 'BASIC' }: { billOn: string; accountType?: 'BASIC' | 'OPERATION' | 'FEES' },
): Promise<BillRequest> {
  return requestBill(wechat, 'fundflowbill', { bill_date: billDate(billOn), account_type: accountType })
}

/**
 * Downloads a bill to a temporary file. WeChat Pay doesn't sign it: it is verified by the SHA-1 of the signed ticket
 * before anything of it can be read. Close it in the end.
 *
 * @param limits.maxBytes the most bytes that it may have, decompressed.
 * @throws {BillError} when the URL is not WeChat Pay's, or the bytes are too many, or not those of the ticket.
 * @throws {WechatPayError} when it cannot be fetched.
 */
export async function downloadBill(
  wechat: WechatPay,
  ticket: BillTicket,
  { maxBytes = MAX_BILL_BYTES }: { maxBytes?: number } = {},
): Promise<DownloadedBill> {
  const url = billUrl(wechat, ticket.downloadUrl)
  const store = await openBillStore()
  try {
    await fetchBill(wechat, url, store.write)
    return await store.verify({ sha1: ticket.hashValue.toLowerCase(), maxBytes })
  } catch (error) {
    await store.close()
    throw error
  }
}

async function requestBill(wechat: WechatPay, kind: string, query: Record<string, string>): Promise<BillRequest> {
  const search = new URLSearchParams({ ...query, tar_type: 'GZIP' }).toString()
  const request = { method: 'GET' as const, path: `/v3/bill/${kind}?${search}` }
  try {
    const answer = await callPay(wechat, request)
    return readSigned(request, answer, (json) => {
      const { hash_value: hashValue, download_url: downloadUrl } = TicketAnswer.parse(json)
      return { status: 'ready', ticket: { downloadUrl, hashValue } }
    })
  } catch (error) {
    if (error instanceof WechatPayError && error.policy === 'done-empty') return { status: 'none' }
    if (error instanceof WechatPayError && error.policy === 'retry-later') return { status: 'creating' }
    throw error
  }
}

function billDate(billOn: string): string {
  return matching('bill_date', billOn, /^\d{4}-\d{2}-\d{2}$/, 'must be as 2026-05-31')
}

/** Only a URL of WeChat Pay's is accepted: our signature must not go anywhere else, whatever an answer says. */
function billUrl(wechat: WechatPay, downloadUrl: string): URL {
  const url = URL.parse(downloadUrl)
  const isOurs = url !== null && url.origin === wechat.apiUrl.origin
  const isWechats = url?.protocol === 'https:' && url.port === '' && WECHAT_PAY_HOSTS.has(url.hostname)
  if (!url || !(isOurs || isWechats)) throw new BillError('The download URL of the bill does not lead to WeChat Pay')
  return url
}

async function fetchBill(wechat: WechatPay, url: URL, onData: (chunk: Buffer) => void): Promise<void> {
  const request = { method: 'GET' as const, path: url.pathname }
  const headers = await signedHeaders(wechat, { method: 'GET', pathAndQuery: url.pathname + url.search, body: '' })
  try {
    const limits = { timeoutMs: DOWNLOAD_TIMEOUT_MS, maxBytes: MAX_COMPRESSED_BYTES }
    const answer = await wechat.http.exchange({ method: 'GET', url, headers, onData, ...limits })
    if (answer.status !== 200) throw failed(wechat, request, describePayAnswer(request, answer))
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error
    throw failed(wechat, request, describeSilence(request, error))
  }
}
