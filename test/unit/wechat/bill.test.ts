import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { downloadBill, requestFundFlowBill, requestTradeBill } from '../../../src/wechat/bill-download.ts'
import { parseDecimal, yuanToFen } from '../../../src/wechat/decimal.ts'
import { BillError, WechatInputError } from '../../../src/wechat/errors.ts'
import { vectorFile } from '../../conformance/wechat/vectors.ts'
import { parseFundFlowBill, parseTradeBill, textOf } from '../../harness/bills.ts'
import { givenWechatPay, type Reply } from './fake-wechat.ts'

const vector = vectorFile.vectors.find(({ kind }) => kind === 'bill-gzip') ?? {}
const compressed = Buffer.from(String('gzipBase64' in vector ? vector.gzipBase64 : ''), 'base64')
const file = gunzipSync(compressed)
const hashValue = createHash('sha1').update(file).digest('hex')
const path = '/v3/billdownload/file?token=a%2Bb&tartype=gzip'

describe('yuan as a bill writes them', () => {
  test.each([
    ['123.45', 12_345],
    ['0.10', 10],
    ['0.29', 29],
    ['1', 100],
    ['1.5', 150],
    ['-0.01000', -1],
    ['', 0],
    ['90071992547.40', 9_007_199_254_740],
  ])('converts %j yuan to %i fen', (text, amountFen) => {
    expect(yuanToFen(text)).toBe(amountFen)
  })

  test.each(['0.001', '1,000.00', '1e3', 'abc', '.5', ' 1', '0x10', '1.'])(
    'rejects %j as an amount in yuan',
    (text) => {
      expect(() => yuanToFen(text)).toThrow(RangeError)
    },
  )

  test('keeps five decimals in sums of yuan', () => {
    expect(parseDecimal('0.07404') + parseDecimal('-0.00004')).toBe(parseDecimal('0.074'))
  })
})

describe('a trade bill', () => {
  test('parses cells of a trade bill with commas, quotes and back-ticks in them', () => {
    const { rows } = parseTradeBill(file)
    expect(rows[0]).toMatchObject({ description: '帆布袋, 深绿', attach: 'a=1,b=`2', orderTotalFen: 12_345 })
    expect(rows[1]).toMatchObject({ description: '"quoted" name', couponFen: 1_000, settlementTotalFen: 11_345 })
    expect(rows[2]).toMatchObject({ tradeState: 'REFUND', refundRequestedFen: 100, feeYuan: '-0.01000' })
    expect(rows[0]?.tradedAt.toISOString()).toMatch(/^2026-05-3/)
  })

  test('parses a trade bill with new columns and another column order', () => {
    const lines = file.toString().split('\r\n')
    const wider = lines.map((line, index) => {
      if (index === 0) return line.replace('\uFEFF', '\uFEFF新列,')
      return index < 4 ? `\`new,${line}` : line
    })
    expect(parseTradeBill(wider.join('\r\n')).rows.map(({ cells, ...row }) => [cells.新列, row])).toEqual(
      parseTradeBill(file).rows.map(({ cells: _cells, ...row }) => ['new', row]),
    )
  })

  test.each<[string, (text: string) => string]>([
    ['a line is missing', (text) => withoutLine(text, 1)],
    ['the summary is missing', (text) => withoutLine(text, 5)],
    ['it ends in the middle', (text) => text.slice(0, text.length / 2)],
    ['it is empty', () => ''],
    ['an amount does not add up', (text) => text.replace('`123.45', '`123.46')],
    ['an amount is no number', (text) => text.replaceAll('`123.45', '`12x.45')],
    ['a line has a cell too few', (text) => text.replace(',`帆布袋, 深绿', '')],
    ['a line has no time', (text) => text.replace(/\n`[^,]*/, '\n`some day')],
    ['the count does not fit', (text) => text.replace(/\n`3,/, '\n`4,')],
  ])('rejects a trade bill when %s', (_what, spoil) => {
    const spoilt = spoil(file.toString())
    expect(spoilt).not.toBe(file.toString())
    expect(() => parseTradeBill(spoilt)).toThrow(BillError)
  })

  const ofPayments =
    '交易时间 公众账号ID 商户号 微信订单号 商户订单号 用户标识 交易类型 交易状态 货币种类 应结订单金额 代金券金额 ' +
    '商品名称 商户数据包 手续费 订单金额'
  const ofRefunds = '微信退款单号 商户退款单号 退款金额 充值券退款金额 退款状态 申请退款金额'

  test.each(`${ofPayments} ${ofRefunds}`.split(' '))('rejects a trade bill without its column %s', (column) => {
    const without = withoutColumn(file.toString(), column)
    expect(() => parseTradeBill(without)).toThrow(`The bill has no column ${column}`)
    expect(() => parseTradeBill(without, 'REFUND')).toThrow(BillError)
  })

  test('requires all columns but those of refunds in a trade bill of payments alone', () => {
    const paid = withoutLine(file.toString(), 3).replace(
      '`3,`236.90,`1.00,`0.00,`1.41000',
      '`2,`236.90,`0.00,`0.00,`1.42000',
    )
    const whole = ofRefunds.split(' ').reduce(withoutColumn, paid)
    expect(parseTradeBill(whole, 'SUCCESS').rows.map(({ tradeState }) => tradeState)).toEqual(['SUCCESS', 'SUCCESS'])
    for (const column of ofPayments.split(' ')) {
      expect(() => parseTradeBill(withoutColumn(whole, column), 'SUCCESS')).toThrow(`no column ${column}`)
    }
  })

  test.each([
    ['应结订单总金额', '应结订单金额'],
    ['退款总金额', '退款金额'],
    ['充值券退款总金额', '充值券退款金额'],
    ['手续费总金额', '手续费'],
    ['订单总金额', '订单金额'],
    ['申请退款总金额', '申请退款金额'],
  ])('rejects a trade bill whose %s is not the sum of %s', (total, column) => {
    const spoilt = withCell(file.toString(), { line: 2, column, text: '9999.00' })
    expect(() => parseTradeBill(spoilt)).toThrow(`do not add up to its ${total}`)
  })

  test('parses a trade bill without lines', () => {
    const lines = file.toString().split('\r\n')
    const zeros = (lines[5] ?? '').replace(/`[^,]*/g, '`0.00').replace('`0.00', '`0')
    expect(parseTradeBill([lines[0], lines[4], zeros, ''].join('\r\n')).rows).toEqual([])
  })
})

describe('a fund flow bill', () => {
  const flows = [
    '\uFEFF记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号',
    '`2026-05-31 10:00:00,`4200000001,`F1,`交易,`交易,`收入,`100.00,`100.00,`system,`,`PA0001',
    '`2026-05-31 10:00:00,`4200000001,`F2,`交易,`扣除交易手续费,`支出,`0.60,`99.40,`system,`费率 0.6%, 当日,`PA0001',
    '`2026-05-31 23:59:59,`50300001,`F3,`退款,`退款,`支出,`40.00,`59.40,`1900000001API,`含手续费,`RF0001',
    '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额',
    '`3,`1,`100.00,`2,`40.60',
    '',
  ].join('\r\n')

  test('parses the direction, amount and numbers of a fund flow bill', () => {
    const { rows, summary } = parseFundFlowBill(flows)
    expect(rows.map(({ direction, amountFen, balanceFen }) => [direction, amountFen, balanceFen])).toEqual([
      ['in', 10_000, 10_000],
      ['out', 60, 9_940],
      ['out', 4_000, 5_940],
    ])
    expect(rows[1]).toMatchObject({ businessNumber: '4200000001', remark: '费率 0.6%, 当日', voucherNumber: 'PA0001' })
    expect(rows[2]?.bookedAt).toEqual(new Date('2026-05-31T15:59:59Z'))
    expect(summary['支出金额']).toBe('40.60')
  })

  test.each((flows.split('\r\n')[0] ?? '').slice(1).split(','))(
    'rejects a fund flow bill without its column %s',
    (column) => {
      expect(() => parseFundFlowBill(withoutColumn(flows, column))).toThrow(`The bill has no column ${column}`)
    },
  )

  test('rejects a fund flow bill whose sum of money in, or of money out, is wrong', () => {
    const column = '收支金额(元)'
    expect(() => parseFundFlowBill(withCell(flows, { line: 1, column, text: '100.01' }))).toThrow('收入金额')
    expect(() => parseFundFlowBill(withCell(flows, { line: 2, column, text: '0.61' }))).toThrow('支出金额')
  })

  test.each<[string, (text: string) => string]>([
    ['a line is missing', (text) => withoutLine(text, 2)],
    ['an amount does not add up', (text) => text.replace('`40.00', '`40.01')],
    ['money changed its direction', (text) => text.replace('`收入', '`支出')],
    ['a direction is unknown', (text) => text.replace('`收入', '`不变').replace('`1,`100.00', '`0,`0.00')],
    ['a line has no time', (text) => text.replace('`2026-05-31 23:59:59', '`')],
  ])('rejects a fund flow bill when %s', (_what, spoil) => {
    expect(spoil(flows)).not.toBe(flows)
    expect(() => parseFundFlowBill(spoil(flows))).toThrow(BillError)
  })
})

describe('the request for a bill', () => {
  test('requests a bill and gets a signed ticket', async () => {
    const answer = { hash_type: 'SHA1', hash_value: hashValue, download_url: `https://api.mch.weixin.qq.com${path}` }
    const { wechat, received } = await givenWechatPay(() => ({ body: JSON.stringify(answer) }))
    const ticket = { hashValue, downloadUrl: answer.download_url }
    expect(await requestTradeBill(wechat, { billOn: '2026-05-31' })).toEqual({ status: 'ready', ticket })
    await requestFundFlowBill(wechat, { billOn: '2026-05-31' })
    expect(received.map(({ path: requested }) => requested)).toEqual([
      '/v3/bill/tradebill?bill_date=2026-05-31&bill_type=ALL&tar_type=GZIP',
      '/v3/bill/fundflowbill?bill_date=2026-05-31&account_type=BASIC&tar_type=GZIP',
    ])
  })

  test.each([
    ['STATEMENT_CREATING', 'creating'],
    ['NO_STATEMENT_EXIST', 'none'],
  ])('maps the refusal %s of a bill request to "%s"', async (code, status) => {
    const { wechat } = await givenWechatPay(() => ({ status: 400, body: JSON.stringify({ code }) }))
    expect(await requestTradeBill(wechat, { billOn: '2026-05-31' })).toEqual({ status })
  })

  test('throws after any other refusal of a bill request', async () => {
    const { wechat } = await givenWechatPay(() => ({ status: 403, body: '{"code":"NO_AUTH"}' }))
    await expect(requestTradeBill(wechat, { billOn: '2026-05-31' })).rejects.toMatchObject({ wechatCode: 'NO_AUTH' })
  })

  test('rejects a bill request for anything but a day', async () => {
    const { wechat } = await givenWechatPay(() => ({}))
    await expect(requestTradeBill(wechat, { billOn: '31.5.2026' })).rejects.toThrow(WechatInputError)
  })
})

describe('the download of a bill', () => {
  test.each<[string, Buffer]>([
    ['compressed', compressed],
    ['plain', file],
  ])('accepts an unsigned bill whose SHA-1 is that of the ticket: %s', async (_what, body) => {
    const { wechat, received } = await givenWechatPay(() => ({ body, signedBy: 'nobody' }))
    const ticket = { downloadUrl: new URL(path, wechat.apiUrl).href, hashValue: hashValue.toUpperCase() }
    expect(await textOf(await downloadBill(wechat, ticket))).toBe(file.toString().replace('\uFEFF', ''))
    expect(received).toMatchObject([{ path, headers: { 'accept-encoding': 'identity' } }])
    expect(received[0]?.headers.authorization).toMatch(/^WECHATPAY2-SHA256-RSA2048 /)
  })

  test.each<[string, Reply]>([
    ['of other bytes', { body: gzipSync(Buffer.concat([file, Buffer.from(' ')])) }],
    ['that is cut off', { body: compressed.subarray(0, 200) }],
    ['that is empty', { body: '' }],
  ])('rejects a downloaded bill %s', async (_what, reply) => {
    const { wechat } = await givenWechatPay(() => reply)
    const downloadUrl = new URL(path, wechat.apiUrl).href
    await expect(downloadBill(wechat, { downloadUrl, hashValue })).rejects.toThrow(BillError)
  })

  test('decompresses no more bytes than a bill may have', async () => {
    const { wechat } = await givenWechatPay(() => ({ body: compressed, signedBy: 'nobody' }))
    const ticket = { downloadUrl: new URL(path, wechat.apiUrl).href, hashValue }
    await (await downloadBill(wechat, ticket, { maxBytes: file.length })).close()
    await expect(downloadBill(wechat, ticket, { maxBytes: file.length - 1 })).rejects.toThrow(/decompressed/)
  })

  test('gives a large bill some lines at a time', async () => {
    const large = Array.from({ length: 200_000 }, (_, number) => `\`${number},\`${'x'.repeat(80)}`).join('\r\n')
    const { wechat } = await givenWechatPay(() => ({ body: gzipSync(large), signedBy: 'nobody' }))
    const downloadUrl = new URL(path, wechat.apiUrl).href
    const bill = await downloadBill(wechat, {
      downloadUrl,
      hashValue: createHash('sha1').update(large).digest('hex'),
    })
    let [lines, mostAtOnce] = [0, 0]
    for await (const some of bill.lines()) {
      lines += some.length
      mostAtOnce = Math.max(mostAtOnce, some.length)
    }
    await bill.close()
    expect(lines).toBe(200_000)
    expect(mostAtOnce).toBeLessThan(10_000)
  })

  test('throws the code of a refused bill download, without its token', async () => {
    const { wechat } = await givenWechatPay(() => ({ status: 400, body: '{"code":"PARAM_ERROR"}' }))
    const downloadUrl = new URL(path, wechat.apiUrl).href
    const error: unknown = await downloadBill(wechat, { downloadUrl, hashValue }).then(
      () => null,
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ name: 'WechatPayError', wechatCode: 'PARAM_ERROR' })
    expect(error instanceof Error ? error.message : '').not.toContain('token')
  })

  test.each([
    'https://evil.example/v3/billdownload/file',
    'http://api.mch.weixin.qq.com/v3/billdownload/file',
    'https://api.mch.weixin.qq.com:8443/v3/billdownload/file',
    'https://api.mch.weixin.qq.com.evil.example/file',
    'https://api.mch.weixin.qq.com@evil.example/file',
    'file:///etc/passwd',
    'nonsense',
  ])('never sends our signature to %s', async (downloadUrl) => {
    const { wechat } = await givenWechatPay(() => ({}))
    await expect(downloadBill(wechat, { downloadUrl, hashValue })).rejects.toThrow(/does not lead to WeChat Pay/)
  })
})

function withoutColumn(text: string, column: string): string {
  return changeLines(text, (cells, names) => cells.filter((_cell, at) => names[at] !== column))
}

function withCell(text: string, change: { line: number; column: string; text: string }): string {
  return changeLines(text, (cells, names, line) =>
    cells.map((cell, at) => (line === change.line && names[at] === change.column ? change.text : cell)),
  )
}

/** Changes header and lines, and leaves the summary alone. */
function changeLines(text: string, change: (cells: string[], names: string[], line: number) => string[]): string {
  const lines = text.replace('\uFEFF', '').split('\r\n')
  const names = (lines[0] ?? '').split(',')
  const changed = lines.map((line, index) => {
    if (index === 0) return change(names, names, 0).join(',')
    if (index >= lines.length - 3) return line
    return `\`${change(line.slice(1).split(',`'), names, index).join(',`')}`
  })
  return `\uFEFF${changed.join('\r\n')}`
}

function withoutLine(text: string, index: number): string {
  return text
    .split('\r\n')
    .filter((_line, at) => at !== index)
    .join('\r\n')
}
