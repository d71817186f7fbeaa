import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { acceptMismatch, finishDecisions, refundMismatch } from '../../../src/payment/review/decide.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { interruptEverywhere } from '../../harness/cut-connection.ts'
import { freshTapped, type Tapped } from '../../harness/fixtures.ts'
import { amountOf, paidReport } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

type Disputed = Tapped & { mismatchId: string }

/** Money of another amount than was asked for, and nobody has decided about it. */
async function givenUnderReview({ deps }: TestApp, tapped: Tapped): Promise<Disputed> {
  await settle(deps, { transaction: paidReport(tapped.payment, { amount: amountOf(10_000) }), source: 'NOTICE' })
  const { id } = await deps.db.paymentMismatch.findFirstOrThrow({ where: { paymentSn: tapped.payment.sn } })
  return { ...tapped, mismatchId: id }
}

/** Where order and money stand, and whether a person still has to look. */
async function standingOf({ deps }: TestApp, { order, mismatchId }: Disputed) {
  const { order: state, payments, messages, hasCode } = await snapshotOf(deps, order.sn)
  const [payment] = payments
  const { resolution, resolvedAt } = await deps.db.paymentMismatch.findUniqueOrThrow({ where: { id: mismatchId } })
  const isDecided = resolution !== null && resolvedAt !== null
  return {
    state,
    hasCode,
    status: payment?.status,
    isUnderReview: payment?.marks.includes('underReviewAt'),
    refunds: payment?.refunds,
    messages,
    isDecided,
  }
}

const undecided = {
  state: 'WAIT_PAY',
  status: 'PENDING',
  isUnderReview: true,
  refunds: [],
  messages: [],
  isDecided: false,
}
const accepted = {
  state: 'WAIT_USE',
  hasCode: true,
  status: 'SUCCESS',
  isUnderReview: false,
  refunds: [],
  messages: ['ORDER_PAID PENDING 0', 'CHECK_IN PENDING 0'],
  isDecided: true,
}
const refunded = {
  state: 'CANCELLED',
  hasCode: false,
  status: 'REFUNDING',
  isUnderReview: false,
  refunds: ['UNAPPLIED REQUESTED 10000'],
  messages: [],
  isDecided: true,
}

describe('an operator’s decision about disputed money, stopped between any two statements', () => {
  test.for([
    ['to accept it', acceptMismatch, accepted],
    ['to give it back', refundMismatch, refunded],
  ] as const)('%s, is carried out by the loop, or was never made', async ([, decide, done], { app }) => {
    const leftByTheLoop = new Set<string>()
    const interruptions = await interruptEverywhere(app, {
      given: async () => givenUnderReview(app, await freshTapped(app)),
      run: (deps, { mismatchId }) => decide(deps, { mismatchId }),
      between: async (scene) => {
        await finishDecisions(app.deps)
        const left = await standingOf(app, scene)
        leftByTheLoop.add(left.state)
        expect(left).toMatchObject(left.state === 'WAIT_PAY' ? undecided : done)
      },
      end: async (scene) => {
        expect(await standingOf(app, scene)).toEqual(done)
        // As the relay has it followed again for a refund that was opened.
        await applyToOrder(app.deps, { paymentSn: scene.payment.sn })
        return snapshotOf(app.deps, scene.order.sn)
      },
    })

    expect(interruptions).toBeGreaterThan(12)
    expect(leftByTheLoop).toEqual(new Set(['WAIT_PAY', done.state]))
  })
})
