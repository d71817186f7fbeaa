import { finishDecisions } from '../../../src/payment/review/decide.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import type { Entry } from '../../../src/timeline/entry.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { freshTapped, orderOf, paymentOf } from '../../harness/fixtures.ts'
import { loseNotices, refundsOf } from '../../harness/money.ts'
import { openOperator } from '../../harness/operator.ts'
import { amountOf, newTransactionId, paidReport } from '../../harness/reports.ts'

/** A payment under review: WeChat has 100.00 yuan for it, and it is of 128.00. */
async function givenUnderReview(app: TestApp) {
  loseNotices(app)
  const tapped = await freshTapped(app)
  const { transactionId } = app.sandbox.payLate(tapped.payment.sn)
  const transaction = paidReport(tapped.payment, { transaction_id: transactionId, amount: amountOf(10_000) })
  await settle(app.deps, { transaction, source: 'QUERY' })
  const mismatch = await app.deps.db.paymentMismatch.findFirstOrThrow({ where: { paymentSn: tapped.payment.sn } })
  return { ...tapped, mismatchId: mismatch.id }
}

/** Everything that a decision may change. */
async function everything({ deps }: TestApp) {
  const { db } = deps
  return [
    await db.paymentMismatch.findMany(),
    await db.payment.findMany(),
    await db.homestayOrder.findMany(),
    await db.refund.findMany(),
    await db.operatorAct.findMany(),
    await db.wechatCall.count(),
  ]
}

const WHO = ['--as', 'Li Lei', '--reason', 'the guest paid less by agreement']

describe('admin review', () => {
  test('lists what waits for a decision, and what can be decided', async ({ app }) => {
    const { payment, mismatchId } = await givenUnderReview(app)
    const other = paidReport(payment, { out_trade_no: 'PAofnobody', transaction_id: newTransactionId() })
    await settle(app.deps, { transaction: other, source: 'NOTICE' })
    const { admin, json } = openOperator(app)

    expect(await json('review', 'list')).toMatchObject({
      mismatches: [
        {
          id: mismatchId,
          kind: 'AMOUNT',
          reportedFen: 10_000,
          payment: { payTotal: 12_800 },
          decisions: ['accept', 'refund'],
        },
        { number: 'PAofnobody', kind: 'UNKNOWN', payment: null, decisions: ['dismiss'] },
      ],
    })
    const { output } = await admin('review', 'list')
    expect(output).toContain(
      `WeChat reports 100.00 yuan, payment ${payment.sn} is PENDING of 128.00 yuan: accept or refund`,
    )
    expect(output).not.toContain(payment.openid)
  })

  test('accepts money, and keeps who did so, and why, in row, event and timeline', async ({ app }) => {
    const { payment, order, mismatchId } = await givenUnderReview(app)
    const { admin, json } = openOperator(app)

    expect(await admin('review', 'accept', mismatchId, ...WHO)).toMatchObject({
      code: 0,
      output: expect.stringContaining('ACCEPTED'),
    })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', paidTotal: 10_000 })
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
    const decided = {
      decidedBy: 'Li Lei',
      decidedReason: 'the guest paid less by agreement',
      decidedAt: expect.any(Date),
    }
    expect(await app.deps.db.paymentMismatch.findUnique({ where: { id: mismatchId } })).toMatchObject(decided)
    const events = await app.deps.db.paymentEvent.findMany({ where: { paymentSn: payment.sn, source: 'OPERATOR' } })
    expect(events).toMatchObject([
      { detail: { operator: { name: 'Li Lei', reason: 'the guest paid less by agreement' } } },
    ])
    const { entries } = await json<{ entries: Entry[] }>('timeline', payment.sn)
    expect(entries.filter(({ kind }) => kind === 'act')).toMatchObject([
      { text: 'Li Lei by the command: review accept, because the guest paid less by agreement', number: payment.sn },
    ])
  })

  test('refunds money, and cancels its order', async ({ app }) => {
    const { payment, order, mismatchId } = await givenUnderReview(app)
    const { json } = openOperator(app)

    expect(await json('review', 'refund', mismatchId, ...WHO)).toEqual({ mismatchId, resolution: 'REFUNDED' })

    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'CANCELLED' })
    expect(await refundsOf(app.deps, payment.sn)).toMatchObject([{ cause: 'UNAPPLIED', refundTotal: 10_000 }])
    expect(await app.deps.db.operatorAct.findMany()).toMatchObject([{ action: 'review refund', operator: 'Li Lei' }])
  })

  test('dismisses what belongs to no payment, once', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const other = paidReport(payment, { out_trade_no: 'PAofnobody', transaction_id: newTransactionId() })
    await settle(app.deps, { transaction: other, source: 'NOTICE' })
    const { id } = await app.deps.db.paymentMismatch.findFirstOrThrow({ where: { number: 'PAofnobody' } })
    const { admin } = openOperator(app)

    expect(await admin('review', 'dismiss', id, ...WHO)).toMatchObject({ code: 0 })
    expect(await admin('review', 'dismiss', id, '--as', 'Han Meimei')).toMatchObject({ code: 0 })

    expect(await app.deps.db.paymentMismatch.findUnique({ where: { id } })).toMatchObject({
      resolution: 'DISMISSED',
      decidedBy: 'Li Lei',
    })
    expect(await app.deps.db.operatorAct.count()).toBe(1)
  })

  test('refuses what somebody has decided otherwise, and keeps no act of it', async ({ app }) => {
    const { mismatchId } = await givenUnderReview(app)
    const { admin } = openOperator(app)
    expect(await admin('review', 'accept', mismatchId, ...WHO)).toMatchObject({ code: 0 })

    for (const rest of [['--dry-run'], []])
      expect(await admin('review', 'refund', mismatchId, '--as', 'Han Meimei', ...rest)).toMatchObject({
        code: 1,
        output: '',
        complaint: `mismatch ${mismatchId} is ACCEPTED already, decided by Li Lei: that holds`,
      })
    expect(await admin('review', 'accept', mismatchId, '--as', 'Han Meimei')).toMatchObject({
      code: 0,
      output: `mismatch ${mismatchId} is ACCEPTED already, decided by Li Lei`,
    })
    expect(await app.deps.db.operatorAct.findMany()).toMatchObject([{ action: 'review accept', operator: 'Li Lei' }])
  })

  test('says what each decision would do in a dry run, and changes nothing', async ({ app }) => {
    const { payment, order, mismatchId } = await givenUnderReview(app)
    await expect.poll(() => app.deps.db.wechatCall.count()).toBeGreaterThan(0)
    const { admin } = openOperator(app)
    const before = await everything(app)

    const accept = await admin('review', 'accept', mismatchId, '--dry-run')
    expect(accept.output).toMatch(/^Dry run: nothing is changed\.\nwould settle 100\.00 yuan of transaction/)
    expect(accept.output).toContain(`as payment ${payment.sn}, and apply it to order ${order.sn}`)
    const refund = await admin('review', 'refund', mismatchId, '--dry-run')
    expect(refund.output).toContain(`would cancel order ${order.sn}, and refund 100.00 yuan`)
    expect(await everything(app)).toEqual(before)
  })

  test('refuses what can’t be decided with its sentence, in a dry run too', async ({ app }) => {
    const { mismatchId } = await givenUnderReview(app)
    const { admin } = openOperator(app)
    const refused = [
      await admin('review', 'dismiss', mismatchId),
      await admin('review', 'dismiss', mismatchId, '--dry-run'),
      await admin('review', 'accept', 'nobody'),
    ]
    expect(await admin('review', 'accept', mismatchId, '--as', ' ')).toMatchObject({ code: 2, output: '' })
    for (const { code, complaint } of refused) {
      expect(code).toBe(1)
      expect(complaint).toMatch(/^There is no such .*Check the number\.$/)
    }
  })

  test('stores a decision while WeChat gives no answer, and says so; the one who decided stays', async ({ app }) => {
    const { payment, mismatchId } = await givenUnderReview(app)
    const { admin } = openOperator(app)
    app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable', times: 3 })

    const { code, output } = await admin('review', 'accept', mismatchId, ...WHO)
    expect(code).toBe(0)
    expect(output).toContain(`mismatch ${mismatchId} is ACCEPTED`)
    expect(output).toContain('The decision is stored, and a worker carries it out once WeChat answers.')
    expect(output).not.toContain('    at ')
    await finishDecisions(app.deps)

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS' })
    const [event] = await app.deps.db.paymentEvent.findMany({ where: { paymentSn: payment.sn, source: 'OPERATOR' } })
    expect(event?.detail).toMatchObject({ operator: { name: 'Li Lei' } })
  })

  test('dismisses a refund that our books have rejected, which nobody else decides about', async ({ app }) => {
    const row = { subject: 'REFUND', number: 'REofnobody', transactionId: newTransactionId(), kind: 'SUCCESS' } as const
    const { id } = await app.deps.db.paymentMismatch.create({
      data: { ...row, source: 'NOTICE', content: {}, resolution: 'REJECTED' },
    })
    const { admin } = openOperator(app)

    expect((await admin('review', 'dismiss', id, '--dry-run')).output).toContain(`would dismiss mismatch ${id}`)
    expect(await admin('review', 'dismiss', id, ...WHO)).toMatchObject({ code: 0 })
    expect(await app.deps.db.paymentMismatch.findUnique({ where: { id } })).toMatchObject({
      resolution: 'DISMISSED',
      decidedBy: 'Li Lei',
    })
    expect(await app.deps.db.operatorAct.count()).toBe(1)
  })
})
