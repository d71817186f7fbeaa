import { createProgram } from '../../../src/admin/program.ts'
import { InvalidInputError } from '../../../src/errors.ts'
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

  test('refuses to export a day that isn’t compared', async ({ app }) => {
    await expect(admin(app, 'export', '2026-11-02')).rejects.toThrow(InvalidInputError)
  })

  test('has a day compared again', async ({ app }) => {
    const day = formatDay(shanghaiDay(new Date(Date.now() - 3 * 86_400_000)))
    expect(await admin(app, day)).toContain(day)
    expect(await app.deps.db.billDay.findMany()).toMatchObject([{ billOn: new Date(day), status: 'DUE' }])
    await expect(admin(app, '2026-02-30')).rejects.toThrow()
  })
})
