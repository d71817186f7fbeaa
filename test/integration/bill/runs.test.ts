import { addDueDays, claimDay, DayTakenError, keepDay, repeatDay } from '../../../src/bill/days.ts'
import { storeMovements } from '../../../src/bill/fund-flow.ts'
import { createBillLoop } from '../../../src/bill/reconcile.ts'
import { openDatabase } from '../../../src/infra/database.ts'
import { formatDay, shanghaiDay } from '../../../src/infra/shanghai.ts'
import type { FundFlowRow } from '../../../src/wechat/fund-flow-bill.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { compareBill, dayOf, differencesOf, makeDue, statusOfDay } from '../../harness/bill-days.ts'
import { freshOrder, givenPaid, givenTapped, paymentOf, payOnPhone } from '../../harness/fixtures.ts'
import { refundManually } from '../../harness/money.ts'

/** All that bills and money have left in the database. */
async function everything({ deps: { db } }: TestApp) {
  return {
    payments: await db.payment.findMany({ orderBy: { sn: 'asc' } }),
    events: await db.paymentEvent.findMany({ orderBy: [{ paymentSn: 'asc' }, { version: 'asc' }] }),
    refunds: await db.refund.findMany({ orderBy: { outRefundNo: 'asc' } }),
    mismatches: await db.paymentMismatch.findMany({ orderBy: { id: 'asc' } }),
    rows: await db.billRow.findMany({ orderBy: { number: 'asc' } }),
    differences: await db.billDifference.findMany({ orderBy: { number: 'asc' } }),
  }
}

/** A payment and a manual refund of another, whose notices were both lost, and a fee that differs. */
async function givenDifferences(app: TestApp) {
  const refunded = await givenPaid(app)
  await refundManually(app, refunded.payment.sn, 2_800)
  const lost = await givenTapped(app, await freshOrder(app))
  await payOnPhone(app, lost.params)
  app.sandbox.plantInBills({ bill: 'fund-flow', number: refunded.payment.sn, cells: { '收支金额(元)': '1.77' } })
  return { billOn: dayOf(app, lost.payment.sn), lost: lost.payment }
}

const ALL = ['PAYMENT FEE DECIDE', 'PAYMENT ONLY_WECHAT SETTLED', 'REFUND ONLY_WECHAT ADOPTED']

describe('the bill of a day', () => {
  test('changes nothing when it is compared again', async ({ app }) => {
    const { billOn } = await givenDifferences(app)
    await compareBill(app, billOn)
    expect(await differencesOf(app.deps)).toEqual(ALL)
    const first = await everything(app)
    await compareBill(app, billOn)
    expect(await everything(app)).toEqual(first)
  })

  test('goes on after the lines that a run had compared before it died', async ({ app }) => {
    const { billOn } = await givenDifferences(app)
    await compareBill(app, billOn)
    await app.deps.db.billRow.deleteMany()
    await app.deps.db
      .$executeRaw`UPDATE bill_day SET status = 'DUE', "rowsDone" = 2, "claimedBy" = 'dead', "claimedUntil" = now() - interval '1 s'`
    await createBillLoop(app.deps)()
    expect(await app.deps.db.billRow.count()).toBe(1)
    expect(await statusOfDay(app.deps, billOn)).toBe('DONE')
  })

  test('begins at its first line when WeChat has made another bill since', async ({ app }) => {
    const { billOn } = await givenDifferences(app)
    await compareBill(app, billOn)
    await app.deps.db.billRow.deleteMany()
    await app.deps.db.$executeRaw`UPDATE bill_day SET status = 'DUE', "rowsDone" = 2, "tradeSha1" = 'another'`
    await createBillLoop(app.deps)()
    expect(await app.deps.db.billRow.count()).toBe(3)
  })

  test('is compared later when WeChat gives no answer about one of its refunds, and nothing is lost', async ({
    app,
  }) => {
    const { billOn } = await givenDifferences(app)
    app.sandbox.faults.add({ endpoint: 'query-refund', kind: 'error', code: 'NO_AUTH' })
    const { deps, alarms } = withAlerts(app.deps)
    await compareBill(app, billOn, deps)
    expect(await statusOfDay(app.deps, billOn)).toBe('DUE')
    expect(alarms).toContain('bill')
    app.sandbox.faults.clear('query-refund')
    await compareBill(app, billOn)
    expect(await differencesOf(app.deps)).toEqual(ALL)
  })

  test('counts for nothing when a line of it can’t be read', async ({ app }) => {
    const { billOn, lost } = await givenDifferences(app)
    app.sandbox.plantInBills({ bill: 'trade', number: lost.sn, cells: { 订单金额: 'much' } })
    const { deps, lines } = withAlerts(app.deps)
    await compareBill(app, billOn, deps)
    expect(lines).toMatchObject([{ alarm: 'bill', billOn }])
    expect(await paymentOf(app.deps, lost.sn)).toMatchObject({ status: 'PENDING' })
    expect(await app.deps.db.billRow.count()).toBe(0)
    expect(await statusOfDay(app.deps, billOn)).toBe('DUE')
  })

  test('settles no line that our books hold already', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const billOn = dayOf(app, payment.sn)
    const settleDb = openDatabase('postgres://127.0.0.1:1/none')
    await compareBill(app, billOn, { ...app.deps, settleDb })
    await settleDb.$disconnect()
    expect(await statusOfDay(app.deps, billOn)).toBe('DONE')
    expect(await app.deps.db.billRow.count()).toBe(1)
  })

  test('forgets the lines that its newest bill doesn’t have any more, and what differed about them', async ({
    app,
  }) => {
    const { payment } = await givenPaid(app, await freshOrder(app))
    const { billOn, lost } = await givenDifferences(app)
    app.sandbox.plantInBills({ bill: 'trade', number: payment.sn, cells: { 订单金额: '999.00' } })
    await compareBill(app, billOn)
    expect(await differencesOf(app.deps)).toContain('PAYMENT AMOUNT DECIDE')
    app.sandbox.plantInBills({ bill: 'trade', number: payment.sn })
    await compareBill(app, billOn)
    expect(await app.deps.db.billRow.findMany({ where: { kind: 'PAYMENT', outTradeNo: payment.sn } })).toEqual([])
    expect(await differencesOf(app.deps)).toEqual([
      'PAYMENT AMOUNT RESOLVED',
      'PAYMENT ONLY_HERE DECIDE',
      'PAYMENT ONLY_WECHAT SETTLED',
      'REFUND ONLY_WECHAT ADOPTED',
    ])
    expect(await paymentOf(app.deps, lost.sn)).toMatchObject({ status: 'SUCCESS' })
  })

  test('begins anew when WeChat has made another fund flow bill than that whose movements are being added', async ({
    app,
  }) => {
    const { billOn } = await givenDifferences(app)
    await compareBill(app, billOn)
    const { db } = app.deps
    const rows = await db.billRow.findMany({ orderBy: { number: 'asc' } })
    await db.$executeRaw`UPDATE bill_day SET status = 'DUE', "movementsDone" = 2, "flowSha1" = 'another'`
    await createBillLoop(app.deps)()
    expect(await db.billDay.findFirst()).toMatchObject({ status: 'DUE', rowsDone: 0 })
    await createBillLoop(app.deps)()
    expect(await statusOfDay(app.deps, billOn)).toBe('DONE')
    expect(await db.billRow.findMany({ orderBy: { number: 'asc' } })).toEqual(rows)
  })

  test('is requested again in half an hour while WeChat makes it', async ({ app }) => {
    app.sandbox.faults.add({ endpoint: 'trade-bill', kind: 'error', code: 'STATEMENT_CREATING' })
    await compareBill(app, '2026-11-02')
    const [day] = await app.deps.db.$queryRaw<{ status: string; minutes: number }[]>`
      SELECT status::text, ceil(extract(epoch FROM "nextTryAt" - now()) / 60)::int AS minutes FROM bill_day`
    expect(day?.status).toBe('DUE')
    expect(day?.minutes).toBeGreaterThan(1)
  })

  test('is left alone by a worker while another has it, and taken over once that is silent', async ({ app }) => {
    await makeDue(app, '2026-11-02')
    const { db } = app.deps
    const claimed = await claimDay(db, 'one')
    expect(claimed).toMatchObject({ billOn: '2026-11-02', rowsDone: 0 })
    expect(await claimDay(db, 'other')).toBeNull()
    await db.$executeRaw`UPDATE bill_day SET "claimedUntil" = now() - interval '1 s'`
    expect(await claimDay(db, 'other')).toMatchObject({ billOn: '2026-11-02' })
    if (!claimed) throw new Error('the day was not claimed')
    await expect(keepDay(db, claimed, 1)).rejects.toThrow(DayTakenError)
  })
})

describe('the movements of the account', () => {
  test('are added once, and not by a worker whose day another has taken', async ({ app }) => {
    const { payment } = await givenPaid(app)
    const billOn = dayOf(app, payment.sn)
    await compareBill(app, billOn)
    const { db } = app.deps
    const bookedFen = async () => (await db.billRow.findFirstOrThrow()).booked
    const before = await bookedFen()
    await makeDue(app, billOn)
    await db.$executeRaw`UPDATE bill_day SET "movementsDone" = 0`
    const frozen = await claimDay(db, 'frozen')
    await db.$executeRaw`UPDATE bill_day SET "claimedUntil" = now() - interval '1 s'`
    const other = await claimDay(db, 'other')
    if (!frozen || !other) throw new Error('the day was not claimed')

    const { transactionId } = await paymentOf(app.deps, payment.sn)
    const set = [{ businessNumber: transactionId ?? '', direction: 'in', amountFen: 100 } as FundFlowRow]
    const input = { sha1: 'of a bill', done: 0, set }
    await expect(storeMovements(db, frozen, input)).rejects.toThrow(DayTakenError)
    expect(await bookedFen()).toBe(before)
    await storeMovements(db, other, input)
    await expect(storeMovements(db, other, input)).rejects.toThrow(DayTakenError)
    expect(await bookedFen()).toBe((before ?? 0n) + 100n)
  })
})

describe('the days that are due', () => {
  test('are all those since the database was bound to its merchant, whose bills are ready', async ({ app }) => {
    const { db } = app.deps
    await db.$executeRaw`UPDATE wechat_binding SET "createdAt" = now() - interval '5 days'`
    await addDueDays(db)
    await addDueDays(db)
    const days = await db.billDay.findMany({ orderBy: { billOn: 'asc' } })
    expect(days[0]?.billOn).toEqual(shanghaiDay((await db.wechatBinding.findFirstOrThrow()).createdAt))
    expect([4, 5]).toContain(days.length)
  })

  test('are none on the day of the binding', async ({ app }) => {
    await addDueDays(app.deps.db)
    expect(await app.deps.db.billDay.count()).toBe(0)
  })

  test('can be repeated by the operator, unless WeChat has no bill of them', async ({ app }) => {
    const { db } = app.deps
    const today = shanghaiDay(new Date())
    const daysAgo = (days: number) => new Date(today.getTime() - days * 86_400_000)
    await db.$transaction((tx) => repeatDay(tx, daysAgo(2)))
    expect(await db.billDay.findMany()).toMatchObject([{ billOn: daysAgo(2), status: 'DUE' }])
    for (const day of [today, daysAgo(100)]) {
      const repeated = db.$transaction((tx) => repeatDay(tx, day))
      await expect(repeated).rejects.toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: formatDay(day) }] })
    }
  })
})
