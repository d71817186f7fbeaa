import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { acceptMismatch, finishDecisions, refundMismatch } from '../../../src/payment/review/decide.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { interruptEverywhere } from '../../harness/cut-connection.ts'
import { freshTapped, type Tapped } from '../../harness/fixtures.ts'
import { amountOf, paidReport } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

type UnderReview = Tapped & { mismatchId: string }

/** Money of a wrong amount, which no operator has decided about. */
async function givenUnderReview({ deps }: TestApp, tapped: Tapped): Promise<UnderReview> {
  await settle(deps, { transaction: paidReport(tapped.payment, { amount: amountOf(10_000) }), source: 'NOTICE' })
  const { id } = await deps.db.paymentMismatch.findFirstOrThrow({ where: { paymentSn: tapped.payment.sn } })
  return { ...tapped, mismatchId: id }
}

/** The state of the order and its money, and whether the mismatch is resolved. */
async function outcomeOf({ deps }: TestApp, { order, mismatchId }: UnderReview) {
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

describe('an operator’s decision, interrupted between any two statements', () => {
  test.for([
    ['accept', acceptMismatch, accepted],
    ['refund', refundMismatch, refunded],
  ] as const)(
    'an interrupted decision to %s is either carried out by the loop or was never stored',
    async ([, decide, done], { app }) => {
      const statesAfterLoop = new Set<string>()
      const interruptions = await interruptEverywhere(app, {
        given: async () => givenUnderReview(app, await freshTapped(app)),
        run: (deps, { mismatchId }) => decide(deps, { mismatchId }),
        between: async (fixture) => {
          await finishDecisions(app.deps)
          const left = await outcomeOf(app, fixture)
          statesAfterLoop.add(left.state)
          expect(left).toMatchObject(left.state === 'WAIT_PAY' ? undecided : done)
        },
        end: async (fixture) => {
          expect(await outcomeOf(app, fixture)).toEqual(done)
          // As the relay does for a refund that was opened.
          await applyToOrder(app.deps, { paymentSn: fixture.payment.sn })
          return snapshotOf(app.deps, fixture.order.sn)
        },
      })

      expect(interruptions).toBeGreaterThan(12)
      expect(statesAfterLoop).toEqual(new Set(['WAIT_PAY', done.state]))
    },
  )
})
