import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { createTradeCode, redeemTradeCode } from '../../../src/order/trade-code.ts'
import { recordRefund } from '../../../src/payment/refund/record.ts'
import { queryRefund } from '../../../src/wechat/refund.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenHomestay, givenPaid, orderOf, paymentOf, type Tapped } from '../../harness/fixtures.ts'
import { loseNotices } from '../../harness/money.ts'
import { race } from '../../harness/race.ts'

const INVALID = { code: 'TRADE_CODE_INVALID' }

function redeem(
  { deps }: TestApp,
  { order, hostUserId }: Tapped,
  change: { tradeCode?: string; hostUserId?: string } = {},
) {
  return redeemTradeCode(deps, { hostUserId, tradeCode: order.tradeCode ?? '', ...change })
}

/** A report of a full manual refund. */
async function refundedManually(app: TestApp, { payment }: Tapped, end: 'SUCCESS' | 'ABNORMAL') {
  loseNotices(app)
  const { outRefundNo } = app.sandbox.refundManually({ outTradeNo: payment.sn, end })
  await expect.poll(() => app.sandbox.ledger.refunds.get(outRefundNo)?.status).toBe(end)
  return queryRefund(app.deps.wechat, { outRefundNo })
}

describe('the redemption of an entry code', () => {
  test('redeems an entry code: the order is USED', async ({ app }) => {
    const paid = await givenPaid(app)
    expect(await redeem(app, paid)).toEqual({ sn: paid.order.sn })
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({
      tradeState: 'USED',
      usedAt: expect.any(Date),
      tradeCode: paid.order.tradeCode,
    })
  })

  test('redeems an entry code once for ten redemptions at once', async ({ app }) => {
    const paid = await givenPaid(app)
    const calls = Array.from({ length: 10 }, () => () => redeem(app, paid))
    const ended = await race(app, { table: 'homestay_order', key: paid.order.sn }, calls)
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const end of ended) if (end.status === 'rejected') expect(end.reason).toMatchObject(INVALID)
  })

  test('ignores case, spaces and hyphens in an entry code', async ({ app }) => {
    const paid = await givenPaid(app)
    const code = (paid.order.tradeCode ?? '').toLowerCase()
    await redeem(app, paid, { tradeCode: `  ${code.slice(0, 4)}-${code.slice(4, 6)} ${code.slice(6)}\n` })
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'USED' })
  })

  test('refuses redemption by another host, by the guest, and of unknown codes', async ({ app }) => {
    const paid = await givenPaid(app)
    const another = await givenHomestay(app)
    await expect(redeem(app, paid, { hostUserId: another.hostUserId })).rejects.toMatchObject(INVALID)
    await expect(redeem(app, paid, { hostUserId: paid.guest.id })).rejects.toMatchObject(INVALID)
    const code = paid.order.tradeCode ?? ''
    for (const tradeCode of [
      '22222222',
      '',
      ' ',
      code.slice(1),
      `${code}2`,
      'a\u0000bcdefg',
      '%',
      '________',
      '民宿民宿民宿民宿',
    ]) {
      await expect(redeem(app, paid, { tradeCode })).rejects.toMatchObject(INVALID)
      // So many wrong ones would lock the host's redemption.
      await app.deps.db.wrongCodes.deleteMany()
    }
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
  })

  test('refuses to redeem a code twice', async ({ app }) => {
    const paid = await givenPaid(app)
    await redeem(app, paid)
    await expect(redeem(app, paid)).rejects.toMatchObject(INVALID)
  })

  test.for(['heldAt', 'underReviewAt'] as const)(
    'refuses redemption while the payment has %s',
    async (mark, { app }) => {
      const paid = await givenPaid(app)
      const { sn } = paid.payment
      await app.deps.db.payment.update({ where: { sn }, data: { [mark]: new Date() } })
      await expect(redeem(app, paid)).rejects.toMatchObject(INVALID)
      await app.deps.db.payment.update({ where: { sn }, data: { [mark]: null } })
      await redeem(app, paid)
    },
  )

  test('refuses redemption while a guest’s refund is live', async ({ app }) => {
    const paid = await givenPaid(app)
    await refundHomestayOrder(app.deps, { userId: paid.guest.id, sn: paid.order.sn })
    await expect(redeem(app, paid)).rejects.toMatchObject(INVALID)
  })

  test.for([
    ['completed', 'SUCCESS', 'REFUNDED'],
    ['live', 'ABNORMAL', 'REFUNDING'],
  ] as const)(
    'refuses redemption after a %s manual refund that is not applied yet',
    async ([, end, status], { app }) => {
      const paid = await givenPaid(app)
      await recordRefund(app.deps, { report: await refundedManually(app, paid, end), source: 'NOTICE' })
      expect(await paymentOf(app.deps, paid.payment.sn)).toMatchObject({ status })
      expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })

      await expect(redeem(app, paid)).rejects.toMatchObject(INVALID)

      expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'WAIT_USE', usedAt: null })
    },
  )

  test('refuses a redemption that waited for the lock while a manual refund was recorded', async ({ app }) => {
    const paid = await givenPaid(app)
    const report = await refundedManually(app, paid, 'SUCCESS')
    const ended = await race<unknown>(app, { table: 'payment', key: paid.payment.sn }, [
      () => recordRefund(app.deps, { report, source: 'NOTICE' }),
      () => redeem(app, paid),
    ])
    expect(ended).toMatchObject([{ value: 'MOVED' }, { status: 'rejected', reason: INVALID }])
  })

  test.for(['redemption', 'refund'])(
    'a redemption and a refund at once: only the %s that gets the lock first succeeds',
    async (first, { app }) => {
      const paid = await givenPaid(app)
      const refund = async () => refundHomestayOrder(app.deps, { userId: paid.guest.id, sn: paid.order.sn })
      const use = async () => void (await redeem(app, paid))
      const calls = first === 'redemption' ? [use, refund] : [refund, use]

      const ended = await race(app, { table: 'homestay_order', key: paid.order.sn }, calls)

      expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
      const { tradeState } = await orderOf(app.deps, paid.order.sn)
      expect(tradeState).toBe(first === 'redemption' ? 'USED' : 'REFUNDING')
      expect(await app.deps.db.refund.count()).toBe(first === 'redemption' ? 0 : 1)
    },
  )

  test('refuses a redemption that waited for the lock while the payment went on hold', async ({ app }) => {
    const paid = await givenPaid(app)
    const { sn } = paid.payment
    const hold = async () => void (await app.deps.db.payment.update({ where: { sn }, data: { heldAt: new Date() } }))
    const use = async () => void (await redeem(app, paid))
    const ended = await race(app, { table: 'payment', key: sn }, [hold, use])
    expect(ended).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: INVALID }])
  })
})

describe('an entry code', () => {
  test('draws another entry code when an order ever had the first', async ({ app }) => {
    const paid = await givenPaid(app)
    await redeem(app, paid)
    const drawn = [paid.order.tradeCode ?? '', paid.order.tradeCode ?? '', 'ABCDEFGH']
    const code = await app.deps.db.$transaction((tx) => createTradeCode(tx, () => drawn.shift() ?? 'none left'))
    expect(code).toBe('ABCDEFGH')
  })
})
