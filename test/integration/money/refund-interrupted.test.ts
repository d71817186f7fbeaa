import { createRefundLoop } from '../../../src/payment/refund/advance.ts'
import { recordRefund } from '../../../src/payment/refund/record.ts'
import { queryRefund } from '../../../src/wechat/refund.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { interruptEverywhere } from '../../harness/cut-connection.ts'
import type { Tapped } from '../../harness/fixtures.ts'
import { newestRefund } from '../../harness/money.ts'
import { snapshotOf } from '../../harness/snapshot.ts'
import { silenceWechat, toRefund } from '../../harness/states.ts'

/** Its time has come, if it still waits for one. */
async function makeDue({ deps }: TestApp, { payment }: Tapped): Promise<void> {
  await deps.db.$executeRaw`
    UPDATE refund SET "nextAdvanceAt" = now() - interval '1 s' WHERE "paymentSn" = ${payment.sn} AND "nextAdvanceAt" IS NOT NULL`
}

/** The books, and how many refunds of the payment WeChat has. */
async function endOf(app: TestApp, { order, payment }: Tapped) {
  const atWechat = app.sandbox.ledger.orders.get(payment.sn)?.outRefundNos.length
  return { ...(await snapshotOf(app.deps, order.sn)), atWechat }
}

describe('the refunding loop, stopped between any two statements and run again', () => {
  test('has WeChat make a refund once', async ({ app }) => {
    silenceWechat(app)
    const interruptions = await interruptEverywhere(app, {
      isLoop: true,
      given: () => toRefund.REQUESTED(app),
      run: (deps) => createRefundLoop(deps)(),
      between: (scene) => makeDue(app, scene),
      end: async (scene) => {
        const end = await endOf(app, scene)
        // Over for the runs of the next scenes.
        const { outRefundNo } = await newestRefund(app.deps, scene.payment.sn)
        app.sandbox.endRefund(outRefundNo, 'SUCCESS')
        await recordRefund(app.deps, { report: await queryRefund(app.deps.wechat, { outRefundNo }), source: 'QUERY' })
        return end
      },
    })

    expect(interruptions).toBeGreaterThan(12)
  })

  test('books the end of a refund once', async ({ app }) => {
    silenceWechat(app)
    const interruptions = await interruptEverywhere(app, {
      isLoop: true,
      given: async () => {
        const scene = await toRefund.PROCESSING(app)
        app.sandbox.endRefund((await newestRefund(app.deps, scene.payment.sn)).outRefundNo, 'SUCCESS')
        await makeDue(app, scene)
        return scene
      },
      run: (deps) => createRefundLoop(deps)(),
      between: (scene) => makeDue(app, scene),
      end: async (scene) => {
        expect(await newestRefund(app.deps, scene.payment.sn)).toMatchObject({ status: 'SUCCESS', nextAdvanceAt: null })
        return endOf(app, scene)
      },
    })

    expect(interruptions).toBeGreaterThan(12)
  })
})
