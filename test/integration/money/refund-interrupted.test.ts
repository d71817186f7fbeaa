import { applyRefund } from '../../../src/payment/apply-refund.ts'
import { createRefunding } from '../../../src/payment/refund-loop.ts'
import { queryRefund } from '../../../src/wechat/refund.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { booksOf } from '../../harness/books.ts'
import { newestRefund } from '../../harness/money.ts'
import type { Tapped } from '../../harness/scene.ts'
import { interruptEverywhere } from '../../harness/severed.ts'
import { silenceWechat, toRefund } from '../../harness/ways.ts'

/** Its time has come, if it still waits for one. */
async function makeDue({ deps }: TestApp, { payment }: Tapped): Promise<void> {
  await deps.db.$executeRaw`
    UPDATE refund SET "nextAskAt" = now() - interval '1 s' WHERE "paymentSn" = ${payment.sn} AND "nextAskAt" IS NOT NULL`
}

/** The books, and how many refunds of the payment WeChat has. */
async function endOf(app: TestApp, { order, payment }: Tapped) {
  const atWechat = app.sandbox.ledger.orders.get(payment.sn)?.outRefundNos.length
  return { ...(await booksOf(app.deps, order.sn)), atWechat }
}

describe('the refunding loop, stopped between any two statements and run again', () => {
  test('has WeChat make a refund once', async ({ app }) => {
    silenceWechat(app)
    const interruptions = await interruptEverywhere(app, {
      isLoop: true,
      given: () => toRefund.REQUESTED(app),
      run: (deps) => createRefunding(deps)(),
      between: (scene) => makeDue(app, scene),
      end: async (scene) => {
        const end = await endOf(app, scene)
        // Over for the runs of the next scenes.
        const { outRefundNo } = await newestRefund(app.deps, scene.payment.sn)
        app.sandbox.endRefund(outRefundNo, 'SUCCESS')
        await applyRefund(app.deps, await queryRefund(app.deps.wechat, { outRefundNo }), 'QUERY')
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
      run: (deps) => createRefunding(deps)(),
      between: (scene) => makeDue(app, scene),
      end: async (scene) => {
        expect(await newestRefund(app.deps, scene.payment.sn)).toMatchObject({ status: 'SUCCESS', nextAskAt: null })
        return endOf(app, scene)
      },
    })

    expect(interruptions).toBeGreaterThan(12)
  })
})
