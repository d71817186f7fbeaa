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

/** What WeChat tells of a refund of all the money, made on the merchant platform. */
async function refundedManually(app: TestApp, { payment }: Tapped, end: 'SUCCESS' | 'ABNORMAL') {
  loseNotices(app)
  const { outRefundNo } = app.sandbox.refundManually({ outTradeNo: payment.sn, end })
  await expect.poll(() => app.sandbox.ledger.refunds.get(outRefundNo)?.status).toBe(end)
  return queryRefund(app.deps.wechat, { outRefundNo })
}

describe('the redemption of an entry code', () => {
  test('uses the order', async ({ app }) => {
    const paid = await givenPaid(app)
    expect(await redeem(app, paid)).toEqual({ sn: paid.order.sn })
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({
      tradeState: 'USED',
      usedAt: expect.any(Date),
      tradeCode: paid.order.tradeCode,
    })
  })

  test('happens once of ten at once', async ({ app }) => {
    const paid = await givenPaid(app)
    const calls = Array.from({ length: 10 }, () => () => redeem(app, paid))
    const ended = await race(app, { table: 'homestay_order', key: paid.order.sn }, calls)
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const end of ended) if (end.status === 'rejected') expect(end.reason).toMatchObject(INVALID)
  })

  test('doesn’t mind case, spaces and hyphens', async ({ app }) => {
    const paid = await givenPaid(app)
    const code = (paid.order.tradeCode ?? '').toLowerCase()
    await redeem(app, paid, { tradeCode: `  ${code.slice(0, 4)}-${code.slice(4, 6)} ${code.slice(6)}\n` })
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'USED' })
  })

  test('is refused to another host, to the guest, and for codes that nobody has', async ({ app }) => {
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
    }
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
  })

  test('is refused a second time', async ({ app }) => {
    const paid = await givenPaid(app)
    await redeem(app, paid)
    await expect(redeem(app, paid)).rejects.toMatchObject(INVALID)
  })

  test.for(['heldAt', 'underReviewAt'] as const)('is refused while the payment is marked %s', async (mark, { app }) => {
    const paid = await givenPaid(app)
    const { sn } = paid.payment
    await app.deps.db.payment.update({ where: { sn }, data: { [mark]: new Date() } })
    await expect(redeem(app, paid)).rejects.toMatchObject(INVALID)
    await app.deps.db.payment.update({ where: { sn }, data: { [mark]: null } })
    await redeem(app, paid)
  })

  test('is refused while the guest’s money goes back', async ({ app }) => {
    const paid = await givenPaid(app)
    await refundHomestayOrder(app.deps, { userId: paid.guest.id, sn: paid.order.sn })
    await expect(redeem(app, paid)).rejects.toMatchObject(INVALID)
  })

  test.for([
    ['went back in whole', 'SUCCESS', 'REFUNDED'],
    ['is on its way back', 'ABNORMAL', 'REFUNDING'],
  ] as const)('is refused once the money %s by hand, before the order follows', async ([, end, status], { app }) => {
    const paid = await givenPaid(app)
    await recordRefund(app.deps, { report: await refundedManually(app, paid, end), source: 'NOTICE' })
    expect(await paymentOf(app.deps, paid.payment.sn)).toMatchObject({ status })
    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })

    await expect(redeem(app, paid)).rejects.toMatchObject(INVALID)

    expect(await orderOf(app.deps, paid.order.sn)).toMatchObject({ tradeState: 'WAIT_USE', usedAt: null })
  })

  test('waits for a refund by hand that is being booked, and is refused', async ({ app }) => {
    const paid = await givenPaid(app)
    const told = await refundedManually(app, paid, 'SUCCESS')
    const ended = await race<unknown>(app, { table: 'payment', key: paid.payment.sn }, [
      () => recordRefund(app.deps, { report: told, source: 'NOTICE' }),
      () => redeem(app, paid),
    ])
    expect(ended).toMatchObject([{ value: 'MOVED' }, { status: 'rejected', reason: INVALID }])
  })

  test.for(['redemption', 'refund'])(
    'and a refund at once: only the one that came first, the %s',
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

  test('waits for a mark that is being set, and is refused', async ({ app }) => {
    const paid = await givenPaid(app)
    const { sn } = paid.payment
    const mark = async () => void (await app.deps.db.payment.update({ where: { sn }, data: { heldAt: new Date() } }))
    const use = async () => void (await redeem(app, paid))
    const ended = await race(app, { table: 'payment', key: sn }, [mark, use])
    expect(ended).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: INVALID }])
  })
})

describe('an entry code', () => {
  test('that an order ever had is drawn again', async ({ app }) => {
    const paid = await givenPaid(app)
    await redeem(app, paid)
    const drawn = [paid.order.tradeCode ?? '', paid.order.tradeCode ?? '', 'ABCDEFGH']
    const code = await app.deps.db.$transaction((tx) => createTradeCode(tx, () => drawn.shift() ?? 'none left'))
    expect(code).toBe('ABCDEFGH')
  })
})
