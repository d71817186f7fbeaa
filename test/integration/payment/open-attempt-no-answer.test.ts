import type { FaultKind } from '@looklook-pay/sandbox'
import { test as base, describe, expect } from '../../harness/app.ts'
import { freshOrder, tap } from '../../harness/fixtures.ts'
import { snapshotOf } from '../../harness/snapshot.ts'
import { openWechatProxy, type WechatProxy } from '../../harness/wechat-proxy.ts'

const test = base.extend<{ proxy: WechatProxy }>({
  proxy: async ({ app }, use) => {
    const proxy = await openWechatProxy(app)
    await use(proxy)
    await proxy.close()
  },
})

const noUsableAnswer: FaultKind[] = [
  'timeout-before',
  'timeout-after',
  'reset-before',
  'reset-after',
  'system-error',
  'system-error-after',
  'service-unavailable',
  'rate-limited',
  'accepted',
  'wrong-signature',
  'signtest-signature',
  'no-signature',
]

describe('wxPay, when prepay gets no usable answer', () => {
  test.for(noUsableAnswer)(
    'a tap after a prepay without a usable answer (%s) repeats the same number and body',
    async (kind, { app, proxy }) => {
      const booked = await freshOrder(app)
      app.sandbox.faults.add({ endpoint: 'prepay', kind })

      const meeting = proxy.depsMeeting(kind)
      await expect(tap(meeting, booked)).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE' })

      const { payments } = await snapshotOf(app.deps, booked.order.sn)
      expect(payments).toMatchObject([{ status: 'PENDING', version: 1, marks: [] }])
      app.sandbox.faults.clear()
      const { paymentSn } = await tap(proxy.deps, booked)
      expect(await app.deps.db.payment.findMany({ select: { sn: true } })).toEqual([{ sn: paymentSn }])
      expect(new Set(proxy.prepays().map(({ body }) => body)).size).toBe(1)
    },
  )

  test('repeats a prepay whose answer was lost once, within the same call', async ({ app, proxy }) => {
    const booked = await freshOrder(app)
    app.sandbox.faults.add({ endpoint: 'prepay', kind: 'reset-after', times: 1 })

    const { paymentSn } = await tap(proxy.deps, booked)

    expect(proxy.prepays().map(({ body }) => JSON.parse(body).out_trade_no)).toEqual([paymentSn, paymentSn])
  })

  test('answers WECHAT_UNAVAILABLE when the query after ORDERPAID gets no answer', async ({ app, proxy }) => {
    const booked = await freshOrder(app)
    app.sandbox.faults.add(
      { endpoint: 'prepay', kind: 'error', code: 'ORDERPAID' },
      { endpoint: 'query', kind: 'service-unavailable' },
    )

    await expect(tap(proxy.deps, booked)).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE' })
  })

  test('finds and uses an attempt whose prepay was never answered', async ({ app, proxy }) => {
    const booked = await freshOrder(app)
    app.sandbox.faults.add({ endpoint: 'prepay', kind: 'timeout-before' })
    await tap(proxy.depsMeeting('timeout-before'), booked).catch(() => {})
    app.sandbox.faults.clear()

    const [first, second] = [await tap(app.deps, booked), await tap(app.deps, booked)]

    expect(second.package).toBe(first.package)
    expect(await app.deps.db.payment.findMany({ select: { sn: true } })).toEqual([{ sn: first.paymentSn }])
  })
})
