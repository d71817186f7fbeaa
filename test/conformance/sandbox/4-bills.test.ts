import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { parseTradeBill } from '../../harness/bills.ts'
import { harmless, type PlayedWechat, played, rfc3339, type Wechat } from './rules.ts'

const DAY_MS = 86_400_000
const atOnce = { billsAtOnce: true }

const dayAgo = (days: number, now = Date.now()) => rfc3339(now - days * DAY_MS).slice(0, 10)

/** The bill of a day with payments: today's at the sandbox, else the newest of the last month. */
async function findBill(wechat: Wechat, query = '') {
  const days = wechat.sandbox ? [0] : Array.from({ length: 30 }, (_, index) => index + 2)
  for (const day of days) {
    const reply = await wechat.merchant.call('GET', `/v3/bill/tradebill?bill_date=${dayAgo(day)}&tar_type=GZIP${query}`)
    if (reply.status === 200) return reply
  }
  return wechat.skip('nothing was paid within the last month')
}

async function download(wechat: Wechat, ticket: Record<string, unknown>) {
  const url = new URL(String(ticket.download_url))
  return wechat.merchant.call('GET', url.pathname + url.search)
}

async function givenPaid(wechat: Wechat) {
  if (!wechat.sandbox) return
  await wechat.merchant.prepay('order-0001', { description: '海边,民宿 "一"' })
  wechat.sandbox.payLate('order-0001', 1000)
  wechat.sandbox.refundManually({ outTradeNo: 'order-0001', refundFen: 2500 })
}

describe('4 Bills', () => {
  it(
    'the answer to a bill request is signed, and names the file’s SHA1 and URL',
    harmless(async (wechat) => {
      await givenPaid(wechat)
      expect(await findBill(wechat)).toMatchObject({
        isSigned: true,
        json: {
          hash_type: 'SHA1',
          hash_value: expect.stringMatching(/^[0-9a-fA-F]{40}$/),
          download_url: expect.any(String),
        },
      })
    }, atOnce),
  )

  it(
    'a bill’s file is unsigned, and its SHA1 is that of the decompressed bytes',
    harmless(async (wechat) => {
      await givenPaid(wechat)
      const { json } = await findBill(wechat)
      const file = await download(wechat, json)
      expect(file.headers.get('wechatpay-signature')).toBeNull()
      const hash = createHash('sha1').update(gunzipSync(file.bytes)).digest('hex')
      expect(hash).toBe(String(json.hash_value).toLowerCase())
    }, atOnce),
  )

  it(
    'a bill is UTF-8 with BOM and CRLF, its cells begin with a backtick, and its summary adds up',
    harmless(async (wechat) => {
      await givenPaid(wechat)
      const text = gunzipSync((await download(wechat, (await findBill(wechat)).json)).bytes).toString()
      const lines = text.split('\r\n')
      expect(lines[0]).toMatch(/^\uFEFF交易时间,公众账号ID,商户号,/)
      expect(lines[1]).toMatch(/^`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,`/)
      expect(lines.at(-3)).toMatch(/^总交易单数,/)
      expect(parseTradeBill(text).rows).toHaveLength(lines.length - 4)
    }, atOnce),
  )

  it(
    'a bill’s amounts are yuan with two decimals, its fees have five and are negative on refunds',
    played(async (wechat) => {
      await givenPaid(wechat)
      const { json } = await findBill(wechat)
      const { rows } = parseTradeBill(gunzipSync((await download(wechat, json)).bytes))
      expect(
        rows.map(({ cells }) => [cells['订单金额'], cells['申请退款金额'], cells['代金券金额'], cells['手续费']]),
      ).toEqual([
        ['100.00', '0.00', '10.00', '0.60000'],
        ['0.00', '25.00', '0.00', '-0.15000'],
      ])
      expect(rows[0]?.description).toBe('海边,民宿 "一"')
    }, atOnce),
  )

  it.for([
    ['ALL', ['SUCCESS', 'REFUND']],
    ['SUCCESS', ['SUCCESS']],
    ['REFUND', ['REFUND']],
  ] as const)('a bill of bill_type %s lists %s', ([billType, states], context) =>
    played(async (wechat) => {
      await givenPaid(wechat)
      const { json } = await findBill(wechat, `&bill_type=${billType}`)
      const { rows } = parseTradeBill(gunzipSync((await download(wechat, json)).bytes), billType)
      expect(rows.map((row) => row.tradeState)).toEqual(states)
    }, atOnce)(context),
  )

  it(
    'bills of today and of more than three months ago are refused',
    harmless(async ({ merchant }) => {
      for (const day of [dayAgo(0), dayAgo(120)]) {
        expect((await merchant.call('GET', `/v3/bill/tradebill?bill_date=${day}`)).status).toBe(400)
      }
    }),
  )

  it(
    'a bill is available at 10:00 of the next day in Beijing, and STATEMENT_CREATING until then',
    played(async (wechat) => {
      const { later, now } = wechat
      later(DAY_MS - ((now() + 8 * 3_600_000) % DAY_MS))
      await givenPaid(wechat)
      later(DAY_MS)
      expect(await codeOfYesterday(wechat)).toBe('STATEMENT_CREATING')
      later(10 * 3_600_000)
      expect(await codeOfYesterday(wechat)).toBeUndefined()
      later(DAY_MS)
      expect(await codeOfYesterday(wechat)).toBe('NO_STATEMENT_EXIST')
    }),
  )

  it(
    'a bill’s download URL expires after 5 minutes',
    played(async (wechat) => {
      await givenPaid(wechat)
      const { json } = await findBill(wechat)
      wechat.later(301_000)
      expect((await download(wechat, json)).json.code).toBe('INVALID_REQUEST')
    }, atOnce),
  )

  it(
    'a fund flow bill lists the movements of an account',
    played(async (wechat) => {
      await givenPaid(wechat)
      const requestBill = (account: string) =>
        wechat.merchant.call(
          'GET',
          `/v3/bill/fundflowbill?bill_date=${dayAgo(0)}&account_type=${account}&tar_type=GZIP`,
        )
      const text = gunzipSync((await download(wechat, (await requestBill('BASIC')).json)).bytes).toString()
      expect(text).toMatch(/^\uFEFF记账时间,微信支付业务单号,资金流水单号,/)
      expect(text.trim().split('\r\n').at(-2)).toBe('资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额')
      expect((await requestBill('OPERATION')).json.code).toBe('NO_STATEMENT_EXIST')
    }, atOnce),
  )
})

async function codeOfYesterday({ merchant, now }: PlayedWechat) {
  return (await merchant.call('GET', `/v3/bill/tradebill?bill_date=${dayAgo(1, now())}`)).json.code
}
