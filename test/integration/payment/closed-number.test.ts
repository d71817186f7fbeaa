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
import { whileLocked } from '../../harness/race.ts'
import { letPass } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

/** An attempt whose number a cancellation closed at WeChat before its answer, or its process, was lost. */
async function givenDead(app: TestApp): Promise<Tapped> {
  const tapped = await givenTapped(app)
  await closeAtWechat(app.deps, tapped.payment)
  return tapped
}

/** The number's `prepayId` is too old to be signed again without a call. */
async function forgetPrepay({ deps }: TestApp, sn: string): Promise<void> {
  await deps.db.payment.update({ where: { sn }, data: { prepayIdAt: new Date(Date.now() - 111 * 60_000) } })
}

describe('a number that WeChat calls closed while its order waits for payment', () => {
  test('is closed here too by whoever asks, and makes room for another', async ({ app }) => {
    const dead = await givenDead(app)
    await app.deps.db.$executeRaw`UPDATE payment SET "nextRecheckAt" = now() - interval '1 s'`

    await createRecheckLoop(app.deps)()

    expect(await paymentOf(app.deps, dead.payment.sn)).toMatchObject({ status: 'CLOSED' })
    expect(await orderOf(app.deps, dead.order.sn)).toMatchObject({ tradeState: 'WAIT_PAY' })
    const again = await tap(app.deps, dead)
    expect(again.paymentSn).not.toBe(dead.payment.sn)
    await payOnPhone(app, again)
    await whenPayment(app.deps, again.paymentSn, 'SUCCESS')
  })

  test('is closed here too by who reads it', async ({ app }) => {
    const { payment } = await givenDead(app)

    await refreshPayment(app.deps, { sn: payment.sn })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'CLOSED' })
  })

  test('is replaced within the tap that finds it out', async ({ app }) => {
    const dead = await givenDead(app)
    await forgetPrepay(app, dead.payment.sn)

    const again = await tap(app.deps, dead)

    expect(again.paymentSn).not.toBe(dead.payment.sn)
    expect(await paymentOf(app.deps, dead.payment.sn)).toMatchObject({ status: 'CLOSED' })
    expect(await paymentOf(app.deps, again.paymentSn)).toMatchObject({ status: 'PENDING' })
  })

  test('is not replaced once the time to pay is over', async ({ app }) => {
    const dead = await givenDead(app)
    await forgetPrepay(app, dead.payment.sn)
    const proxy = await openWechatProxy(app, { totalMs: 10_000 })
    const prepay = proxy.hold('/jsapi')
    const tapped = tap(proxy.deps, dead).catch((error: { code: string }) => error.code)
    await prepay.answered
    await app.deps.db.$executeRaw`UPDATE homestay_order SET "payBefore" = now() - interval '1 s'`
    prepay.release()

    expect(await tapped).toBe('ORDER_NOT_PAYABLE')
    await proxy.close()
    expect(await app.deps.db.payment.count()).toBe(1)
  })
})

describe('a reader', () => {
  test('of a paid payment has nothing to ask', async ({ app }) => {
    const { payment } = await givenPaid(app)
    await letPass(app, 3)
    const proxy = await openWechatProxy(app)

    await refreshPayment(proxy.deps, { sn: payment.sn })

    await proxy.close()
    expect(proxy.exchanges).toEqual([])
  })

  test('waits for nobody who holds the payment', async ({ app }) => {
    const { payment } = await givenTapped(app)

    await whileLocked(app, { table: 'payment', key: payment.sn }, async () => {
      await refreshPayment(app.deps, { sn: payment.sn })
      return () => Promise.resolve()
    })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ lastQueriedAt: null })
  })
})
