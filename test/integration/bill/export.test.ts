import { createProgram } from '../../../src/admin/program.ts'
import { formatDay, shanghaiDay } from '../../../src/infra/shanghai.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { compareBill, dayOf } from '../../harness/bill-days.ts'
import { givenPaid } from '../../harness/fixtures.ts'
import { refundManually } from '../../harness/money.ts'

/** What `admin bill …` prints. */
async function admin({ deps }: TestApp, ...args: string[]): Promise<string> {
  let said = ''
  const config = { ...deps.config, databaseUrl: '' }
  const program = createProgram({
    open: () => ({ config, db: deps.db, log: deps.log }),
    openDeps: async () => deps,
    openQueue: async () => deps.queue,
    complain: () => {},
    say: (text) => void (said += `${text}\n`),
    write: async (texts) => {
      for await (const text of texts) said += text
    },
  })
  await program.parseAsync(['node', 'admin', 'bill', ...args])
  return said.trimEnd()
}

describe('admin bill', () => {
  test('exports a day as CSV and as JSON, with what differs beside each line', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const outRefundNo = await refundManually(app, payment.sn, 2_800)
    const billOn = dayOf(app, payment.sn)
    await compareBill(app, billOn)

    const [head = '', ...lines] = (await admin(app, 'export', billOn)).split('\n')
    const rows = lines.map((line) => Object.fromEntries(head.split(',').map((name, at) => [name, line.split(',')[at]])))
    expect(rows).toMatchObject([
      { kind: 'PAYMENT', outTradeNo: payment.sn, amount: '128.00', fee: '0.76800', booked: '127.23', difference: '' },
      { kind: 'REFUND', outRefundNo, amount: '28.00', fee: '-0.16800', difference: 'ONLY_WECHAT', outcome: 'ADOPTED' },
    ])
    const json: unknown = JSON.parse(await admin(app, 'export', billOn, '--format', 'json'))
    expect(json).toEqual({ billOn, status: 'DONE', rows })
  })

  test('exports as text what a spreadsheet would run as a formula, and amounts as they are', async ({ app }) => {
    const { db } = app.deps
    const billOn = '2026-11-02'
    const day = new Date(billOn)
    await db.billDay.create({ data: { billOn: day, status: 'DONE' } })
    const formulas = ['=1+1', '+1*2', '-2+3', '@SUM(A1)', '\t=1', '\r=1', '＝1+1', '－manual', '=1,"2"']
    const refund = { kind: 'REFUND', outTradeNo: 'PA-1', state: 'SUCCESS' } as const
    const amounts = { amount: 2_800, settled: 2_800, fee: '-16.8', booked: -2_783 }
    const row = { billOn: day, tradedAt: day, ...refund, ...amounts }
    await db.billRow.createMany({
      data: formulas.map((outRefundNo, at) => ({ ...row, outRefundNo, number: `${at}` })),
    })

    const [, ...lines] = (await admin(app, 'export', billOn)).split('\n')
    const cells = lines.map((line) => /,PA-1,([^]*),SUCCESS,28\.00,28\.00,-0\.16800,-27\.83,,,$/.exec(line)?.[1])
    const texts = [`'=1+1`, `'+1*2`, `'-2+3`, `'@SUM(A1)`, `'\t=1`, `"'\r=1"`, `'＝1+1`, `'－manual`, `"'=1,""2"""`]
    expect(cells).toEqual(texts)
    const json = JSON.parse(await admin(app, 'export', billOn, '--format', 'json')) as { rows: object[] }
    expect(json.rows).toMatchObject(formulas.map((outRefundNo) => ({ outRefundNo })))
  })

  test('refuses to export a day that isn’t compared', async ({ app }) => {
    await expect(admin(app, 'export', '2026-11-02')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ path: '2026-11-02' }],
    })
  })

  test('has a day compared again', async ({ app }) => {
    const day = formatDay(shanghaiDay(new Date(Date.now() - 3 * 86_400_000)))
    expect(await admin(app, day)).toContain(day)
    expect(await app.deps.db.billDay.findMany()).toMatchObject([{ billOn: new Date(day), status: 'DUE' }])
    await expect(admin(app, '2026-02-30')).rejects.toThrow()
  })
})
