import { createRecheckLoop } from '../../../src/payment/attempt/recheck.ts'
import { createRefundLoop } from '../../../src/payment/refund/advance.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped } from '../../harness/fixtures.ts'
import { givenRefundAsked, loseNotices, newestRefund } from '../../harness/money.ts'
import { secondsUntil, stopClock } from '../../harness/time.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

async function makePaymentsDue({ deps }: TestApp): Promise<void> {
  await deps.db.$executeRaw`UPDATE payment SET "nextRecheckAt" = now() - interval '1 s', "lastQueriedAt" = NULL`
}

async function makeRefundsDue({ deps }: TestApp): Promise<void> {
  await deps.db
    .$executeRaw`UPDATE refund SET "nextAdvanceAt" = now() - interval '1 s' WHERE "nextAdvanceAt" IS NOT NULL`
}

describe('the asking loop', () => {
  test('begins no more than 50 questions a second', async ({ app }) => {
    for (let count = 0; count < 10; count++) await freshTapped(app)
    const clock = stopClock()
    const wire = await openWechatProxy(app, { totalMs: 5_000 })
    const asking = createRecheckLoop(wire.deps)
    const askAgain = async () => {
      await makePaymentsDue(app)
      return asking()
    }

    for (let run = 0; run < 5; run++) expect(await askAgain()).toBe(true)
    expect(await askAgain()).toBe(false)
    expect(wire.exchanges).toHaveLength(50)

    clock.forward(1)
    expect(await askAgain()).toBe(true)
    expect(wire.exchanges).toHaveLength(60)
    await wire.close()
  })

  test('leaves WeChat alone after five questions in a row without an answer, then tries it with one', async ({
    app,
  }) => {
    for (let count = 0; count < 6; count++) await freshTapped(app)
    const clock = stopClock()
    app.sandbox.faults.add({ endpoint: 'query', kind: 'reset-before' })
    const wire = await openWechatProxy(app, { totalMs: 100 })
    const asking = createRecheckLoop(wire.deps)
    const askAgain = async () => {
      await makePaymentsDue(app)
      await asking()
      return app.deps.db.payment.count({ where: { lastQueriedAt: { not: null } } })
    }

    expect(await askAgain()).toBe(6)
    expect(new Set(wire.exchanges.map(({ path }) => path)).size).toBe(6)
    expect(await askAgain()).toBe(0)
    clock.forward(5)
    expect(await askAgain()).toBe(1)
    expect(await askAgain()).toBe(0)
    await wire.close()
  })
})

describe('the refunding loop', () => {
  test('begins no more than 5 calls a second', async ({ app }) => {
    await givenRefundAsked(app)
    loseNotices(app)
    app.sandbox.faults.add({ endpoint: 'refund', kind: 'ends-never' })
    const clock = stopClock()
    const wire = await openWechatProxy(app, { totalMs: 5_000 })
    const refunding = createRefundLoop(wire.deps)
    const runDue = async () => {
      await makeRefundsDue(app)
      await refunding()
    }

    for (let run = 0; run < 9; run++) await runDue()
    expect(wire.exchanges).toHaveLength(5)

    clock.forward(1)
    await runDue()
    expect(wire.exchanges).toHaveLength(6)
    await wire.close()
  })

  test('neither makes nor puts off a refund while WeChat is left alone, after five calls without an answer', async ({
    app,
  }) => {
    const { payment } = await givenRefundAsked(app)
    app.sandbox.faults.add({ endpoint: 'refund', kind: 'reset-before' })
    const clock = stopClock()
    const wire = await openWechatProxy(app, { totalMs: 100 })
    const refunding = createRefundLoop(wire.deps)
    const runDue = async () => {
      clock.forward(1)
      await makeRefundsDue(app)
      await refunding()
      return newestRefund(app.deps, payment.sn)
    }
    for (let run = 0; run < 5; run++) await runDue()

    const { advanceCount, nextAdvanceAt } = await runDue()
    expect(advanceCount).toBe(5)
    expect(await secondsUntil(app, nextAdvanceAt)).toBeLessThan(0)

    clock.forward(5)
    expect(await runDue()).toMatchObject({ advanceCount: 6 })
    await wire.close()
  })
})
