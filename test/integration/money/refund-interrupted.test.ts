import { createRefundLoop } from '../../../src/payment/refund/advance.ts'
import { recordRefund } from '../../../src/payment/refund/record.ts'
import { queryRefund } from '../../../src/wechat/refund.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { interruptEverywhere } from '../../harness/cut-connection.ts'
import type { Tapped } from '../../harness/fixtures.ts'
import { newestRefund } from '../../harness/money.ts'
import { snapshotOf } from '../../harness/snapshot.ts'
import { refundStates, silenceWechat } from '../../harness/states.ts'

/** Makes the payment's refund due, unless it has ended. */
async function makeDue({ deps }: TestApp, { payment }: Tapped): Promise<void> {
  await deps.db.$executeRaw`
    UPDATE refund SET "nextAdvanceAt" = now() - interval '1 s' WHERE "paymentSn" = ${payment.sn} AND "nextAdvanceAt" IS NOT NULL`
}

/** The order's snapshot, and how many refunds of its payment WeChat has. */
async function endOf(app: TestApp, { order, payment }: Tapped) {
  const atWechat = app.sandbox.ledger.orders.get(payment.sn)?.outRefundNos.length
  return { ...(await snapshotOf(app.deps, order.sn)), atWechat }
}

describe('the refund loop, interrupted between any two statements and run again', () => {
  test('the interrupted refund loop sends a refund to WeChat once', async ({ app }) => {
    silenceWechat(app)
    const interruptions = await interruptEverywhere(app, {
      isLoop: true,
      given: () => refundStates.REQUESTED(app),
      run: (deps) => createRefundLoop(deps)(),
      between: (fixture) => makeDue(app, fixture),
      end: async (fixture) => {
        const end = await endOf(app, fixture)
        // Ended, so that the loop doesn't take it in the runs with the next fixtures.
        const { outRefundNo } = await newestRefund(app.deps, fixture.payment.sn)
        app.sandbox.endRefund(outRefundNo, 'SUCCESS')
        await recordRefund(app.deps, { report: await queryRefund(app.deps.wechat, { outRefundNo }), source: 'QUERY' })
        return end
      },
    })

    expect(interruptions).toBeGreaterThan(12)
  })

  test('the interrupted refund loop records the end of a refund once', async ({ app }) => {
    silenceWechat(app)
    const interruptions = await interruptEverywhere(app, {
      isLoop: true,
      given: async () => {
        const fixture = await refundStates.PROCESSING(app)
        app.sandbox.endRefund((await newestRefund(app.deps, fixture.payment.sn)).outRefundNo, 'SUCCESS')
        await makeDue(app, fixture)
        return fixture
      },
      run: (deps) => createRefundLoop(deps)(),
      between: (fixture) => makeDue(app, fixture),
      end: async (fixture) => {
        expect(await newestRefund(app.deps, fixture.payment.sn)).toMatchObject({
          status: 'SUCCESS',
          nextAdvanceAt: null,
        })
        return endOf(app, fixture)
      },
    })

    expect(interruptions).toBeGreaterThan(12)
  })
})
