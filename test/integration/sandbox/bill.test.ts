import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { formatDay, shanghaiDay } from '../../../src/infra/shanghai.ts'
import { parseFundFlowBill, parseTradeBill } from '../../harness/bills.ts'
import { merchantOf, startSandbox } from './merchant.ts'

async function start() {
  let clock = Date.now()
  const today = formatDay(shanghaiDay(new Date(clock)))
  const sandbox = await startSandbox({ billsAtOnce: true, now: () => new Date(clock) })
  const tick = () => void (clock += 1)
  const merchant = merchantOf(sandbox)
  /** The bill's text, after its hash was checked. */
  async function fetchBill(kind: string, query: string): Promise<string> {
    const ticket = await merchant.call('GET', `/v3/bill/${kind}?bill_date=${today}${query}`)
    if (ticket.status !== 200) throw new Error(ticket.text)
    const url = new URL(String(ticket.json.download_url))
    const answer = await merchant.call('GET', url.pathname + url.search)
    const bytes = query.includes('GZIP') ? gunzipSync(answer.bytes) : answer.bytes
    expect(createHash('sha1').update(bytes).digest('hex')).toBe(ticket.json.hash_value)
    return bytes.toString()
  }
  return { sandbox, merchant, fetchBill, tick, today }
}

/** The cells of every line after the first, which is the header, by name. */
function tableOf(file: string): Record<string, string>[] {
  const [header = '', ...lines] = file.replace('\uFEFF', '').split('\r\n')
  const rows = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('`')),
  )
  return rows.map((row) => {
    const cells = row.slice(1).split(',`')
    return Object.fromEntries(header.split(',').map((name, index) => [name, cells[index] ?? '']))
  })
}

async function givenMoneyThatMoved() {
  const started = await start()
  const { sandbox, merchant, tick } = started
  for (const number of ['order-0001', 'order-0002']) await merchant.prepay(number)
  sandbox.payLate('order-0001', 1000)
  tick()
  sandbox.payLate('order-0002', 1000, 'NOCASH')
  tick()
  sandbox.refundManually({ outTradeNo: 'order-0001', refundFen: 5000 })
  tick()
  sandbox.refundManually({ outTradeNo: 'order-0002', refundFen: 5000, end: 'ABNORMAL' })
  const ended = () => [...sandbox.ledger.refunds.values()].map((refund) => refund.status)
  await expect.poll(ended).toEqual(['SUCCESS', 'ABNORMAL'])
  return started
}

describe('a trade bill of the sandbox', () => {
  it('a trade bill of type ALL has the 27 documented columns, and a summary that adds up', async () => {
    const { fetchBill } = await givenMoneyThatMoved()
    const file = await fetchBill('tradebill', '&bill_type=ALL&tar_type=GZIP')
    expect(file.startsWith('\uFEFF交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,')).toBe(true)
    expect(Object.keys(tableOf(file)[0] ?? {})).toHaveLength(27)
    const { rows, summary } = parseTradeBill(file)
    expect(rows).toHaveLength(4)
    expect(summary).toEqual({
      总交易单数: '4',
      应结订单总金额: '190.00',
      退款总金额: '95.00',
      充值券退款总金额: '5.00',
      手续费总金额: '0.57000',
      订单总金额: '200.00',
      申请退款总金额: '100.00',
    })
  })

  it('a trade bill settles an order with a CASH coupon in full, and one with a NOCASH coupon without the coupon', async () => {
    const { fetchBill } = await givenMoneyThatMoved()
    const rows = tableOf(await fetchBill('tradebill', ''))
    expect(rows.map((row) => [row['订单金额'], row['应结订单金额'], row['代金券金额'], row['手续费']])).toEqual([
      ['100.00', '100.00', '10.00', '0.60000'],
      ['100.00', '90.00', '10.00', '0.54000'],
      ['0.00', '0.00', '0.00', '-0.30000'],
      ['0.00', '0.00', '0.00', '-0.27000'],
    ])
    expect(rows.slice(2).map((row) => [row['申请退款金额'], row['退款金额'], row['充值券退款金额']])).toEqual([
      ['50.00', '50.00', '5.00'],
      ['50.00', '45.00', '0.00'],
    ])
  })

  it('a trade bill of type SUCCESS lists payments alone, and one of type REFUND refunds alone, with two more columns', async () => {
    const { fetchBill } = await givenMoneyThatMoved()
    const paid = tableOf(await fetchBill('tradebill', '&bill_type=SUCCESS'))
    expect(paid.map((row) => row['交易状态'])).toEqual(['SUCCESS', 'SUCCESS'])
    expect(Object.keys(paid[0] ?? {}).filter((name) => name.includes('退款'))).toEqual([])
    const file = await fetchBill('tradebill', '&bill_type=REFUND')
    const refunded = tableOf(file)
    expect(refunded.map((row) => row['退款状态'])).toEqual(['SUCCESS', 'CHANGE'])
    expect(refunded.map((row) => [row['退款申请时间'] !== '', row['退款成功时间'] !== ''])).toEqual([
      [true, true],
      [true, false],
    ])
    expect(parseTradeBill(file, 'REFUND').rows).toHaveLength(2)
    expect(parseTradeBill(await fetchBill('tradebill', '&bill_type=SUCCESS'), 'SUCCESS').rows).toHaveLength(2)
  })
})

describe('a fund flow bill of the sandbox', () => {
  it('a fund flow bill lists each amount that entered or left the account, with its fee on a line of its own', async () => {
    const { fetchBill } = await givenMoneyThatMoved()
    const file = await fetchBill('fundflowbill', '&account_type=BASIC&tar_type=GZIP')
    const rows = tableOf(file)
    expect(rows.map((row) => [row['业务名称'], row['收支类型'], row['收支金额(元)'], row['账户结余(元)']])).toEqual([
      ['交易', '收入', '100.00', '100.00'],
      ['扣除交易手续费', '支出', '0.60', '99.40'],
      ['交易', '收入', '90.00', '189.40'],
      ['扣除交易手续费', '支出', '0.54', '188.86'],
      ['退款', '支出', '50.00', '138.86'],
      ['退还交易手续费', '收入', '0.30', '139.16'],
      ['退款', '支出', '45.00', '94.16'],
      ['退还交易手续费', '收入', '0.27', '94.43'],
    ])
    expect(file).toMatch(/资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n`8,`4,`190\.57,`4,`96\.14\r\n$/)
    expect(parseFundFlowBill(file).rows.at(-1)).toMatchObject({ direction: 'in', amountFen: 27, balanceFen: 9443 })
  })

  it('names the URL of its file as the caller reaches it, by TLS too', async () => {
    const { merchant, sandbox, today } = await givenMoneyThatMoved()
    const path = `/v3/bill/fundflowbill?bill_date=${today}&account_type=BASIC`
    const headers = { 'x-forwarded-proto': 'https' }
    const urls = [await merchant.call('GET', path), await merchant.call('GET', path, undefined, { headers })].map(
      ({ json }) => new URL(String(json.download_url)).origin,
    )
    expect(urls).toEqual([sandbox.url, sandbox.url.replace('http', 'https')])
  })

  it('is gone when its five minutes are over and another one is asked for, even when the clock is set back', async () => {
    const { merchant, sandbox, today } = await givenMoneyThatMoved()
    const offer = async () => {
      const { json } = await merchant.call('GET', `/v3/bill/fundflowbill?bill_date=${today}`)
      const url = new URL(String(json.download_url))
      return url.pathname + url.search
    }
    const early = await offer()
    expect(await merchant.call('GET', early)).toMatchObject({ status: 200 })
    sandbox.moveClock(301)
    const late = await offer()
    sandbox.moveClock(0)
    expect(await merchant.call('GET', early)).toMatchObject({ status: 400 })
    expect(await merchant.call('GET', late)).toMatchObject({ status: 200 })
  })

  it('a fund flow bill of an account without movements is answered with NO_STATEMENT_EXIST', async () => {
    const { merchant, today } = await givenMoneyThatMoved()
    const reply = await merchant.call('GET', `/v3/bill/fundflowbill?bill_date=${today}&account_type=FEES`)
    expect(reply).toMatchObject({ status: 400, json: { code: 'NO_STATEMENT_EXIST' } })
  })
})
