import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { compareBill, dayOf, differencesOf } from '../../harness/bill-days.ts'
import { givenPaid } from '../../harness/fixtures.ts'
import { refundManually } from '../../harness/money.ts'
import { openOperator } from '../../harness/operator.ts'

/** A day on which the account gained another sum than the amount less the fee. */
async function givenFee(app: TestApp, booked = '1.77') {
  const { payment } = await givenPaid(app)
  const billOn = dayOf(app, payment.sn)
  const plant = (sum: string) =>
    app.sandbox.plantInBills({ bill: 'fund-flow', number: payment.sn, cells: { '收支金额(元)': sum } })
  plant(booked)
  await compareBill(app, billOn)
  return { payment, billOn, plant }
}

const WHO = ['--as', 'Li Lei', '--reason', 'a fee of the campaign']

describe('admin bill dismiss', () => {
  test('ends a difference for good, and the trail has who decided it and why', async ({ app }) => {
    const { payment, billOn } = await givenFee(app)
    const { admin } = openOperator(app)

    expect(await admin('bill', 'dismiss', billOn, payment.sn, ...WHO)).toMatchObject({
      code: 0,
      output: `FEE of ${billOn}: dismissed, and counted no more; no money moves`,
    })
    await compareBill(app, billOn)

    expect(await differencesOf(app.deps)).toEqual(['PAYMENT FEE DISMISSED'])
    expect(await app.deps.metrics.billDifferences.get()).toMatchObject({ values: [] })
    expect(await app.deps.db.operatorAct.findMany()).toMatchObject([
      { action: 'bill dismiss', number: payment.sn, operator: 'Li Lei', reason: 'a fee of the campaign' },
    ])
  })

  test('has it decided anew when a comparison finds another difference there', async ({ app }) => {
    const { payment, billOn, plant } = await givenFee(app)
    await openOperator(app).admin('bill', 'dismiss', billOn, payment.sn)
    plant('5.00')
    await compareBill(app, billOn)
    expect(await differencesOf(app.deps)).toEqual(['PAYMENT FEE DECIDE'])
  })

  test('may be said twice, and changes nothing in a dry run', async ({ app }) => {
    const { payment, billOn } = await givenFee(app)
    const { admin } = openOperator(app)
    expect((await admin('bill', 'dismiss', billOn, payment.sn, '--dry-run')).output).toContain('would dismiss FEE')
    expect(await differencesOf(app.deps)).toEqual(['PAYMENT FEE DECIDE'])
    for (const _time of [1, 2]) expect((await admin('bill', 'dismiss', billOn, payment.sn)).code).toBe(0)
    expect(await differencesOf(app.deps)).toEqual(['PAYMENT FEE DISMISSED'])
  })

  test('leaves what differs about a refund of the payment to a decision of its own', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const outRefundNo = await refundManually(app, payment.sn, 2_800)
    await app.sandbox.sendNotice(outRefundNo)
    app.sandbox.plantInBills(
      { bill: 'fund-flow', number: payment.sn, cells: { '收支金额(元)': '1.77' } },
      { bill: 'trade', number: outRefundNo, cells: { 退款状态: 'FAIL' } },
    )
    const billOn = dayOf(app, payment.sn)
    await compareBill(app, billOn)
    const { admin } = openOperator(app)

    await admin('bill', 'dismiss', billOn, payment.sn)
    expect(await differencesOf(app.deps)).toEqual(['PAYMENT FEE DISMISSED', 'REFUND STATE DECIDE'])
    await admin('bill', 'dismiss', billOn, outRefundNo)
    expect(await differencesOf(app.deps)).toEqual(['PAYMENT FEE DISMISSED', 'REFUND STATE DISMISSED'])
  })

  test.for(['PAofnobody', ''])('refuses a number about which nothing waits (%j)', async (number, { app }) => {
    const { billOn } = await givenFee(app)
    expect(await openOperator(app).admin('bill', 'dismiss', billOn, number)).toMatchObject({
      code: 1,
      complaint: expect.stringContaining(`no such difference on the bill of ${billOn}`),
    })
    expect(await differencesOf(app.deps)).toEqual(['PAYMENT FEE DECIDE'])
  })
})
