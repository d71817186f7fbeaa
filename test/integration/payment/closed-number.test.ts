import { closeAtWechat } from '../../../src/payment/attempt/close.ts'
import { createRecheckLoop, refreshPayment } from '../../../src/payment/attempt/recheck.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import {
  givenPaid,
  givenTapped,
  orderOf,
  paymentOf,
  payOnPhone,
  type Tapped,
  tap,
  whenPayment,
} from '../../harness/fixtures.ts'
import { LONG_MS } from '../../harness/patience.ts'
import { whileLocked } from '../../harness/race.ts'
import { letPass } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

/** A pending attempt whose number is closed at WeChat: a cancellation closed it there and was then interrupted. */
async function givenClosedNumber(app: TestApp): Promise<Tapped> {
  const tapped = await givenTapped(app)
  await closeAtWechat(app.deps, tapped.payment)
  return tapped
}

/** Makes the `prepayId` too old to be signed again without a call. */
async function outdatePrepayId({ deps }: TestApp, sn: string): Promise<void> {
  await deps.db.payment.update({ where: { sn }, data: { prepayIdAt: new Date(Date.now() - 111 * 60_000) } })
}

describe('a number that WeChat closed while its order waits for payment', () => {
  test('the recheck loop closes the attempt of a closed number, and the next tap opens another', async ({ app }) => {
    const closed = await givenClosedNumber(app)
    await app.deps.db.$executeRaw`UPDATE payment SET "nextRecheckAt" = now() - interval '1 s'`

    await createRecheckLoop(app.deps)()

    expect(await paymentOf(app.deps, closed.payment.sn)).toMatchObject({ status: 'CLOSED' })
    expect(await orderOf(app.deps, closed.order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
    const again = await tap(app.deps, closed)
    expect(again.paymentSn).not.toBe(closed.payment.sn)
    await payOnPhone(app, again)
    await whenPayment(app.deps, again.paymentSn, 'SUCCESS')
  })

  test('a reader’s query closes the attempt of a closed number', async ({ app }) => {
    const { payment } = await givenClosedNumber(app)

    await refreshPayment(app.deps, { sn: payment.sn, waitMs: LONG_MS })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'CLOSED' })
  })

  test('a tap replaces a closed number that it finds, in the same call', async ({ app }) => {
    const closed = await givenClosedNumber(app)
    await outdatePrepayId(app, closed.payment.sn)

    const again = await tap(app.deps, closed)

    expect(again.paymentSn).not.toBe(closed.payment.sn)
    expect(await paymentOf(app.deps, closed.payment.sn)).toMatchObject({ status: 'CLOSED' })
    expect(await paymentOf(app.deps, again.paymentSn)).toMatchObject({ status: 'PENDING' })
  })

  test('does not replace a closed number once the time to pay is over', async ({ app }) => {
    const closed = await givenClosedNumber(app)
    await outdatePrepayId(app, closed.payment.sn)
    const proxy = await openWechatProxy(app)
    const prepay = proxy.hold('/jsapi')
    const tapped = tap(proxy.deps, closed).catch((error: { code: string }) => error.code)
    await prepay.answered
    await app.deps.db.$executeRaw`UPDATE homestay_order SET "payBefore" = now() - interval '1 s'`
    prepay.release()

    expect(await tapped).toBe('ORDER_NOT_PAYABLE')
    await proxy.close()
    expect(await app.deps.db.payment.count()).toBe(1)
  })
})

describe('a reader of a payment', () => {
  test('does not query WeChat when a paid payment is read', async ({ app }) => {
    const { payment } = await givenPaid(app)
    await letPass(app, 3)
    const proxy = await openWechatProxy(app)

    await refreshPayment(proxy.deps, { sn: payment.sn })

    await proxy.close()
    expect(proxy.exchanges).toEqual([])
  })

  test('reads a payment that is locked, without waiting or querying', async ({ app }) => {
    const { payment } = await givenTapped(app)

    await whileLocked(app, { table: 'payment', key: payment.sn }, async () => {
      await refreshPayment(app.deps, { sn: payment.sn })
      return () => Promise.resolve()
    })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ lastQueriedAt: null })
  })
})
