import type { FaultKind } from '@looklook-pay/sandbox'
import { test as base, describe, expect } from '../../harness/app.ts'
import { freshOrder, tap } from '../../harness/fixtures.ts'
import { snapshotOf } from '../../harness/snapshot.ts'
import { openWechatProxy, type WechatProxy } from '../../harness/wechat-proxy.ts'

const test = base.extend<{ wire: WechatProxy }>({
  wire: async ({ app }, use) => {
    const wire = await openWechatProxy(app)
    await use(wire)
    await wire.close()
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

describe('wxPay, when WeChat’s answer to prepay is lost or of no use', () => {
  test.for(noUsableAnswer)(
    '(%s) can be repeated, with the same number and the same body',
    async (kind, { app, wire }) => {
      const booked = await freshOrder(app)
      app.sandbox.faults.add({ endpoint: 'prepay', kind })

      await expect(tap(wire.deps, booked)).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE' })

      const { payments } = await snapshotOf(app.deps, booked.order.sn)
      expect(payments).toMatchObject([{ status: 'PENDING', version: 1, marks: [] }])
      app.sandbox.faults.clear()
      const { paymentSn } = await tap(wire.deps, booked)
      expect(await app.deps.db.payment.findMany({ select: { sn: true } })).toEqual([{ sn: paymentSn }])
      expect(new Set(wire.prepays().map(({ body }) => body)).size).toBe(1)
    },
  )

  test('one lost answer is repeated within the call', async ({ app, wire }) => {
    const booked = await freshOrder(app)
    app.sandbox.faults.add({ endpoint: 'prepay', kind: 'reset-after', times: 1 })

    const { paymentSn } = await tap(wire.deps, booked)

    expect(wire.prepays().map(({ body }) => JSON.parse(body).out_trade_no)).toEqual([paymentSn, paymentSn])
  })

  test('and the query that should explain it gets none either', async ({ app, wire }) => {
    const booked = await freshOrder(app)
    app.sandbox.faults.add(
      { endpoint: 'prepay', kind: 'error', code: 'ORDERPAID' },
      { endpoint: 'query', kind: 'service-unavailable' },
    )

    await expect(tap(wire.deps, booked)).rejects.toMatchObject({ code: 'WECHAT_UNAVAILABLE' })
  })

  test('an attempt whose process died before prepay is found and used', async ({ app, wire }) => {
    const booked = await freshOrder(app)
    app.sandbox.faults.add({ endpoint: 'prepay', kind: 'timeout-before' })
    await tap(wire.deps, booked).catch(() => {})
    app.sandbox.faults.clear()

    const [first, second] = [await tap(app.deps, booked), await tap(app.deps, booked)]

    expect(second.package).toBe(first.package)
    expect(await app.deps.db.payment.findMany({ select: { sn: true } })).toEqual([{ sn: first.paymentSn }])
  })
})
