import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createGzip } from 'node:zlib'
import { z } from 'zod'
import { beijingDigits } from '../beijing-time.ts'
import { parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Answer, Call, Route } from '../http/route.ts'
import { isPlayed } from '../proxy/hosts.ts'
import type { World } from '../world.ts'
import { type Bill, writeBill } from './format.ts'
import { fundFlowBillOf } from './fund-flow.ts'
import { tradeBillOf } from './trade.ts'

const DAY_MS = 86_400_000
const TEN_HOURS_MS = 10 * 3_600_000
const AVAILABLE_DAYS = 92
const DOWNLOAD_WITHIN_MS = 300_000

/** https://pay.weixin.qq.com/doc/v3/merchant/4013071254 */
const TradeBill = z.strictObject({
  bill_date: z.iso.date(),
  bill_type: z.enum(['ALL', 'SUCCESS', 'REFUND']).default('ALL'),
  tar_type: z.literal('GZIP').optional(),
})
const FundFlowBill = z.strictObject({
  bill_date: z.iso.date(),
  account_type: z.enum(['BASIC', 'OPERATION', 'FEES']).default('BASIC'),
  tar_type: z.literal('GZIP').optional(),
})
const Download = z.strictObject({ token: z.string(), tartype: z.literal('gzip').optional() })

/** `GET /v3/bill/tradebill` */
function tradeBill(world: World, call: Call): Promise<Answer> {
  const request = parseParameters(TradeBill, Object.fromEntries(call.query), 'query')
  return offer(world, call, request, (day) => tradeBillOf(world, day, request.bill_type))
}

/** No money ever moves in the accounts OPERATION and FEES. */
function fundFlowBill(world: World, call: Call): Promise<Answer> {
  const request = parseParameters(FundFlowBill, Object.fromEntries(call.query), 'query')
  return offer(world, call, request, (day) => (request.account_type === 'BASIC' ? fundFlowBillOf(world, day) : null))
}

/** The answer that names the bill's hash and download URL. */
async function offer(
  world: World,
  call: Call,
  request: { bill_date: string; tar_type?: 'GZIP' },
  billOf: (day: string) => Bill | null,
): Promise<Answer> {
  if (!world.settings.billsAtOnce) checkDay(world, request.bill_date)
  const bill = billOf(request.bill_date.replaceAll('-', ''))
  if (bill === null) throw new PayError('NO_STATEMENT_EXIST')
  const { bytes, sha1 } = await packed(bill, request.tar_type === 'GZIP')
  const token = randomBytes(24).toString('base64url')
  for (const [earlier, { until }] of world.bills) if (until < world.now()) world.bills.delete(earlier)
  world.bills.set(token, { bytes, until: world.now() + DOWNLOAD_WITHIN_MS })
  const query = new URLSearchParams({ token, ...(request.tar_type === 'GZIP' ? { tartype: 'gzip' } : {}) })
  return {
    status: 200,
    json: {
      hash_type: 'SHA1',
      hash_value: sha1,
      download_url: `${schemeOf(call)}://${call.headers.host ?? ''}/v3/billdownload/file?${query.toString()}`,
    },
  }
}

/** How the caller reaches the sandbox: a proxy before it may speak TLS, and its own does when it plays WeChat's hosts. */
function schemeOf({ headers }: Call): 'http' | 'https' {
  const host = headers.host?.replace(/:443$/, '') ?? ''
  return headers['x-forwarded-proto'] === 'https' || isPlayed(host) ? 'https' : 'http'
}

/** A bill's file, and the hash of its text; the text is never held as a whole where it is compressed. */
async function packed(bill: Bill, isCompressed: boolean): Promise<{ bytes: Buffer; sha1: string }> {
  const hash = createHash('sha1')
  const parts: Buffer[] = []
  const gzip = isCompressed ? createGzip() : undefined
  gzip?.on('data', (part: Buffer) => parts.push(part))
  for (const text of writeBill(bill)) {
    hash.update(text)
    if (!gzip) parts.push(Buffer.from(text))
    else if (!gzip.write(text)) await once(gzip, 'drain')
  }
  if (gzip) {
    gzip.end()
    await once(gzip, 'end')
  }
  return { bytes: Buffer.concat(parts), sha1: hash.digest('hex') }
}

/** A bill is available from 10:00 of the next day in Beijing, for three months. */
function checkDay(world: World, billOn: string): void {
  const now = world.now()
  const startsAt = Date.parse(`${billOn}T00:00:00+08:00`)
  if (beijingDigits(now).day <= beijingDigits(startsAt).day || now - startsAt > AVAILABLE_DAYS * DAY_MS) {
    const field = { field: '/bill_date', location: 'query' }
    const rule = 'is a day before today in Beijing, and within three months'
    throw new PayError('PARAM_ERROR', '账单日期应早于今天，且在三个月之内', field, rule)
  }
  if (now < startsAt + DAY_MS + TEN_HOURS_MS) throw new PayError('STATEMENT_CREATING')
}

/** `GET /v3/billdownload/file`: within five minutes of the bill's request. */
function download(world: World, call: Call): Answer {
  const { token, tartype } = parseParameters(Download, Object.fromEntries(call.query), 'query')
  const bill = world.bills.get(token)
  if (!bill || bill.until < world.now())
    throw new PayError(
      'INVALID_REQUEST',
      '下载链接已失效，请重新申请账单',
      undefined,
      'A download URL works for five minutes',
    )
  // wechatpay-node-v3 takes no text for a bill but text/plain.
  return { status: 200, bytes: bill.bytes, contentType: tartype ? 'application/x-gzip' : 'text/plain; charset=utf-8' }
}

export const billRoutes: Route[] = [
  {
    method: 'GET',
    path: '/v3/bill/tradebill',
    does: 'offers the trade bill of a day',
    document: 'https://pay.weixin.qq.com/doc/v3/merchant/4013071254',
    endpoint: 'trade-bill',
    handle: tradeBill,
  },
  {
    method: 'GET',
    path: '/v3/bill/fundflowbill',
    does: 'offers the fund flow bill of a day',
    document: 'https://pay.weixin.qq.com/doc/v3/merchant/4013071249',
    endpoint: 'fund-flow-bill',
    handle: fundFlowBill,
  },
  {
    method: 'GET',
    path: '/v3/billdownload/file',
    does: 'downloads a bill that was offered',
    document: 'https://pay.weixin.qq.com/doc/v3/merchant/4013071254',
    endpoint: 'bill-download',
    handle: download,
  },
]
