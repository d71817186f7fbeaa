import { followPayment } from '../../../src/payment/follow.ts'
import { acceptDisputed, finishDecisions, refundDisputed } from '../../../src/payment/operate.ts'
import { settle } from '../../../src/payment/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { booksOf } from '../../harness/books.ts'
import { freshTapped, type Tapped } from '../../harness/scene.ts'
import { interruptEverywhere } from '../../harness/severed.ts'
import { amountOf, paidWord } from '../../harness/word.ts'

type Disputed = Tapped & { misfitId: string }

/** Money of another amount than was asked for, and nobody has decided about it. */
async function givenDisputed({ deps }: TestApp, tapped: Tapped): Promise<Disputed> {
  await settle(deps, { transaction: paidWord(tapped.payment, { amount: amountOf(10_000) }), source: 'NOTICE' })
  const { id } = await deps.db.paymentMisfit.findFirstOrThrow({ where: { paymentSn: tapped.payment.sn } })
  return { ...tapped, misfitId: id }
}

/** Where order and money stand, and whether a person still has to look. */
async function standingOf({ deps }: TestApp, { order, misfitId }: Disputed) {
  const { order: state, payments, messages, hasCode } = await booksOf(deps, order.sn)
  const [payment] = payments
  const { resolution, resolvedAt } = await deps.db.paymentMisfit.findUniqueOrThrow({ where: { id: misfitId } })
  const isDecided = resolution !== null && resolvedAt !== null
  return {
    state,
    hasCode,
    status: payment?.status,
    isDisputed: payment?.marks.includes('disputedAt'),
    refunds: payment?.refunds,
    messages,
    isDecided,
  }
}

const undecided = {
  state: 'WAIT_PAY',
  status: 'PENDING',
  isDisputed: true,
  refunds: [],
  messages: [],
  isDecided: false,
}
const accepted = {
  state: 'WAIT_USE',
  hasCode: true,
  status: 'SUCCESS',
  isDisputed: false,
  refunds: [],
  messages: ['ORDER_PAID PENDING 0', 'CHECK_IN PENDING 0'],
  isDecided: true,
}
const refunded = {
  state: 'CANCELLED',
  hasCode: false,
  status: 'REFUNDING',
  isDisputed: false,
  refunds: ['UNKEPT REQUESTED 10000'],
  messages: [],
  isDecided: true,
}

describe('an operator’s decision about disputed money, stopped between any two statements', () => {
  test.for([
    ['to accept it', acceptDisputed, accepted],
    ['to give it back', refundDisputed, refunded],
  ] as const)('%s, is carried out by the loop, or was never made', async ([, decide, done], { app }) => {
    const leftByTheLoop = new Set<string>()
    const interruptions = await interruptEverywhere(app, {
      given: async () => givenDisputed(app, await freshTapped(app)),
      run: (deps, { misfitId }) => decide(deps, { misfitId }),
      between: async (scene) => {
        await finishDecisions(app.deps)
        const left = await standingOf(app, scene)
        leftByTheLoop.add(left.state)
        expect(left).toMatchObject(left.state === 'WAIT_PAY' ? undecided : done)
      },
      end: async (scene) => {
        expect(await standingOf(app, scene)).toEqual(done)
        // As the relay has it followed again for a refund that was opened.
        await followPayment(app.deps, scene.payment.sn)
        return booksOf(app.deps, scene.order.sn)
      },
    })

    expect(interruptions).toBeGreaterThan(12)
    expect(leftByTheLoop).toEqual(new Set(['WAIT_PAY', done.state]))
  })
})
