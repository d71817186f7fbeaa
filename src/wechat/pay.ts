import type { Logger } from 'pino'
import { z } from 'zod'
import { createCertificateRefresher } from './certificates.ts'
import { createHosts } from './hosts.ts'
import { openHttpClient } from './http.ts'
import { rules } from './input-rules.ts'
import {
  type PayTiming,
  readApiUrl,
  readApiV3Keys,
  readMerchantKey,
  type WechatPay,
  type WechatPayConfig,
} from './merchant.ts'
import { createSignedParams, type PayParams } from './pay-params.ts'
import { createNonce, payMessage, signMessage } from './signature.ts'
import { readSigned, undocumented } from './signed-json.ts'
import { parseTransaction, type WechatTransaction } from './transaction.ts'
import { callPay, type RequestHeaders, signedHeaders } from './transport.ts'
import { createTrustStore } from './trust-store.ts'
import { createWechatWatch, type WechatWatch } from './watch.ts'

const DEFAULT_TIMING: PayTiming = {
  connectMs: 5_000,
  totalMs: 10_000,
  keptAnswerMs: 4_000,
  repeatMs: 200,
  slowRepeatMs: 1_000,
  certificatesRetryMs: 300_000,
}

export interface WechatPayOptions {
  log?: Logger
  /** Tells operators what they must mend; by default one that alerts in `log`. */
  watch?: WechatWatch
  now?: () => Date
  timing?: Partial<PayTiming>
  /** Whether platform certificates are downloaded in the background, now and every few hours. True by default. */
  downloadCertificates?: boolean
  /** The backup while the host of `apiUrl` can't be reached; that of WeChat Pay's own host is built in. */
  backupUrl?: string
}

/**
 * One merchant's connection to WeChat Pay. Makes no calls by itself, except for downloading platform certificates in
 * the background, which a merchant needn't have.
 *
 * @throws {WechatKeyError} when a key, a key id or the URL can't be used.
 */
export function openWechatPay(config: WechatPayConfig, options: WechatPayOptions = {}): WechatPay {
  const trustStore = createTrustStore()
  if (config.publicKey) trustStore.addPublicKey(config.publicKey)
  const timing = { ...DEFAULT_TIMING, ...options.timing }
  const now = options.now ?? (() => new Date())
  const watch = options.watch ?? createWechatWatch({ log: options.log })
  const http = openHttpClient({ api: 'pay', connectMs: timing.connectMs, now, watch })
  const wechat: WechatPay = {
    mchid: config.mchid,
    notifyUrl: config.notifyUrl,
    apiUrl: readApiUrl(config.apiUrl),
    hosts: createHosts(options.backupUrl),
    mchCertSerial: config.mchCertSerial,
    privateKey: readMerchantKey(config.mchPrivateKey),
    apiV3Keys: readApiV3Keys(config.apiV3Key, config.apiV3KeyPrevious),
    trustStore,
    http,
    timing,
    signedParams: createSignedParams(now),
    now,
    log: options.log,
    watch,
    refreshCertificates: () => refresher.refresh(),
    close: () => {
      http.close()
      return refresher.stop()
    },
  }
  const refresher = createCertificateRefresher(wechat)
  if (options.downloadCertificates ?? true) refresher.start()
  return wechat
}

const PREPAY = { method: 'POST', path: '/v3/pay/transactions/jsapi' } as const

/** Signs the call of {@link prepay} before it may be made. It has to be made within minutes, or WeChat Pay refuses it. */
export function signPrepay(wechat: WechatPay, body: string): Promise<RequestHeaders> {
  const headers = signedHeaders(wechat, { method: PREPAY.method, pathAndQuery: PREPAY.path, body })
  // Who gives the call up never hears of it.
  headers.catch(() => {})
  return headers
}

/**
 * Requests a `prepay_id`, which is valid for two hours. Safe to repeat with the same `body`: WeChat Pay answers with a
 * new one.
 *
 * @param headers what {@link signPrepay} gave for this `body`, if it was asked.
 * @throws {WechatPayError} unless WeChat Pay signed the answer.
 */
export async function prepay(
  wechat: WechatPay,
  body: string,
  headers?: Promise<RequestHeaders>,
): Promise<{ prepayId: string }> {
  const number = /"out_trade_no":"([^"\\]+)"/.exec(body)?.[1]
  const request = { ...PREPAY, body, number, headers }
  const answer = await callPay(wechat, request)
  return readSigned(request, answer, (json) => ({ prepayId: PrepayAnswer.parse(json).prepay_id }))
}

const PrepayAnswer = z.object({ prepay_id: z.string().min(1) })

/**
 * Queries an order by our number.
 *
 * @throws {WechatPayError} unless WeChat Pay signed an answer about this very order.
 */
export async function queryByOutTradeNo(
  wechat: WechatPay,
  { outTradeNo, mchid }: { outTradeNo: string; mchid: string },
): Promise<WechatTransaction> {
  const path = `/v3/pay/transactions/out-trade-no/${encodeURIComponent(rules.outTradeNo(outTradeNo))}`
  const request = {
    method: 'GET' as const,
    path: `${path}?mchid=${rules.mchid(mchid)}`,
    number: outTradeNo,
    tradeStateOf: findTradeState,
  }
  const answer = await callPay(wechat, request)
  const found = readSigned(request, answer, parseTransaction)
  if (found.outTradeNo !== outTradeNo || found.mchid !== mchid)
    throw undocumented(request, answer, 'the answer is about another order')
  return found
}

/** For the timeline, which keeps no answer as a whole; at most 32 characters, as WeChat documents it. */
function findTradeState(body: Buffer): string | undefined {
  return /"trade_state"\s*:\s*"(\w{1,32})"/.exec(body.toString())?.[1]
}

/**
 * Closes an unpaid order, so that it can't be paid any more. Safe to repeat. Query afterwards: a payment can win the
 * race.
 *
 * @throws {WechatPayError} unless WeChat Pay signed a 204, which alone means closed.
 */
export async function closeByOutTradeNo(
  wechat: WechatPay,
  { outTradeNo, mchid }: { outTradeNo: string; mchid: string },
): Promise<void> {
  const path = `/v3/pay/transactions/out-trade-no/${encodeURIComponent(rules.outTradeNo(outTradeNo))}/close`
  const body = JSON.stringify({ mchid: rules.mchid(mchid) })
  const request = { method: 'POST' as const, path, body, number: outTradeNo }
  const answer = await callPay(wechat, request)
  if (answer.status !== 204) throw undocumented(request, answer, `with ${answer.status} instead of 204`)
}

/**
 * Signs what a mini-program passes to `wx.requestPayment`. Makes no call, and may be repeated: within a few seconds it
 * gives the same parameters again.
 */
export function signPayParams(
  wechat: WechatPay,
  { appid, prepayId }: { appid: string; prepayId: string },
): Promise<PayParams> {
  return wechat.signedParams.reuse(`${appid} ${prepayId}`, async () => {
    const unsigned = {
      appId: appid,
      timeStamp: String(Math.floor(wechat.now().getTime() / 1000)),
      nonceStr: createNonce(),
      package: `prepay_id=${prepayId}`,
    }
    return { ...unsigned, signType: 'RSA', paySign: await signMessage(wechat.privateKey, payMessage(unsigned)) }
  })
}
