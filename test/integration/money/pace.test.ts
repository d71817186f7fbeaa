import { createRecheckLoop } from '../../../src/payment/attempt/recheck.ts'
import { createRefundLoop } from '../../../src/payment/refund/advance.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped } from '../../harness/fixtures.ts'
import { givenRequestedRefund, loseNotices, newestRefund } from '../../harness/money.ts'
import { secondsUntil, stopClock } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

async function makePaymentsDue({ deps }: TestApp): Promise<void> {
  await deps.db.$executeRaw`UPDATE payment SET "nextRecheckAt" = now() - interval '1 s', "lastQueriedAt" = NULL`
}

async function makeRefundsDue({ deps }: TestApp): Promise<void> {
  await deps.db
    .$executeRaw`UPDATE refund SET "nextAdvanceAt" = now() - interval '1 s' WHERE "nextAdvanceAt" IS NOT NULL`
}

describe('the recheck loop', () => {
  test('stops querying WeChat after five unanswered queries in a row, then tries again with one', async ({ app }) => {
    for (let count = 0; count < 6; count++) await freshTapped(app)
    const clock = stopClock()
    app.sandbox.faults.add({ endpoint: 'query', kind: 'reset-before' })
    const proxy = await openWechatProxy(app)
    const recheck = createRecheckLoop(proxy.deps)
    const recheckAll = async () => {
      await makePaymentsDue(app)
      await recheck()
      return app.deps.db.payment.count({ where: { lastQueriedAt: { not: null } } })
    }

    expect(await recheckAll()).toBe(5)
    expect(new Set(proxy.exchanges.map(({ path }) => path)).size).toBe(5)
    expect(await recheckAll()).toBe(0)
    clock.forward(5)
    expect(await recheckAll()).toBe(1)
    expect(await recheckAll()).toBe(0)
    await proxy.close()
  })
})

describe('the refund loop', () => {
  test('sends at most 5 refund calls a second', async ({ app }) => {
    await givenRequestedRefund(app)
    loseNotices(app)
    app.sandbox.faults.add({ endpoint: 'refund', kind: 'ends-never' })
    const clock = stopClock()
    const proxy = await openWechatProxy(app)
    const advanceRefunds = createRefundLoop(proxy.deps)
    const runDue = async () => {
      await makeRefundsDue(app)
      await advanceRefunds()
    }

    for (let run = 0; run < 9; run++) await runDue()
    expect(proxy.exchanges).toHaveLength(5)

    clock.forward(1)
    await runDue()
    expect(proxy.exchanges).toHaveLength(6)
    await proxy.close()
  })

  test('neither sends nor postpones a refund while it pauses after five unanswered calls', async ({ app }) => {
    const { payment } = await givenRequestedRefund(app)
    app.sandbox.faults.add({ endpoint: 'refund', kind: 'reset-before' })
    const clock = stopClock()
    const proxy = await openWechatProxy(app)
    const advanceRefunds = createRefundLoop(proxy.deps)
    const runDue = async () => {
      clock.forward(1)
      await makeRefundsDue(app)
      await advanceRefunds()
      return newestRefund(app.deps, payment.sn)
    }
    for (let run = 0; run < 5; run++) await runDue()

    const { advanceCount, nextAdvanceAt } = await runDue()
    expect(advanceCount).toBe(5)
    expect(await secondsUntil(app, nextAdvanceAt)).toBeLessThan(0)

    clock.forward(5)
    expect(await runDue()).toMatchObject({ advanceCount: 6 })
    await proxy.close()
  })
})
