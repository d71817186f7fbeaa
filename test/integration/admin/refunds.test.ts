import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { queryAndSettle } from '../../../src/payment/settlement/query.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenPaid, paymentOf } from '../../harness/fixtures.ts'
import { endRefund, givenRequestedRefund, newestRefund, refundManually, runRefunds } from '../../harness/money.ts'
import { openOperator } from '../../harness/operator.ts'
import { makeScratch } from '../../harness/scratch.ts'

/** A refund that the guest's card doesn't take. */
async function givenAbnormal(app: TestApp): Promise<string> {
  const { refund } = await givenRequestedRefund(app)
  app.sandbox.faults.add({ endpoint: 'refund', kind: 'ends-never' })
  await runRefunds(app.deps)
  await endRefund(app, refund.outRefundNo, 'ABNORMAL')
  return refund.outRefundNo
}

/** A paid payment that WeChat reports as refunded, by a refund whose notice is lost. */
async function givenOnHold(app: TestApp) {
  const paid = await givenPaid(app)
  const outRefundNo = await refundManually(app, paid.payment.sn)
  await queryAndSettle(app.deps, { attempt: paid.payment, source: 'QUERY' })
  expect((await paymentOf(app.deps, paid.payment.sn)).heldAt).not.toBeNull()
  return { ...paid, outRefundNo }
}

describe('admin refunds', () => {
  test('lists refunds that are stuck, and payments on hold', async ({ app }) => {
    const { payment } = await givenOnHold(app)
    const { json, admin } = openOperator(app)
    expect(await json('refunds', 'stuck')).toMatchObject({ refunds: [], held: [{ sn: payment.sn }] })
    expect((await admin('refunds', 'stuck')).output).toContain('is on hold since')
  })

  test('lists a refund that is ABNORMAL, and none that goes its way', async ({ app }) => {
    const outRefundNo = await givenAbnormal(app)
    const { json } = openOperator(app)
    expect(await json('refunds', 'stuck')).toMatchObject({ refunds: [{ outRefundNo, status: 'ABNORMAL' }], held: [] })
    await app.deps.db.refund.updateMany({ data: { status: 'PROCESSING' } })
    expect(await json('refunds', 'stuck')).toMatchObject({ refunds: [] })
  })

  test('has a refund tried at once, and keeps who wanted it', async ({ app }) => {
    const { refund } = await givenRequestedRefund(app)
    const { outRefundNo } = refund
    const later = new Date(Date.now() + 3_600_000)
    await app.deps.db.refund.update({ where: { outRefundNo }, data: { nextAdvanceAt: later } })
    const { admin } = openOperator(app)

    expect(await admin('refunds', 'retry', outRefundNo, '--dry-run')).toMatchObject({ code: 0 })
    expect(await newestRefund(app.deps, refund.paymentSn)).toMatchObject({ nextAdvanceAt: later })
    expect(await admin('refunds', 'retry', outRefundNo, '--as', 'Li Lei')).toMatchObject({ code: 0 })

    const { nextAdvanceAt } = await newestRefund(app.deps, refund.paymentSn)
    expect(nextAdvanceAt?.getTime()).toBeLessThan(later.getTime())
    expect(await app.deps.db.operatorAct.findMany()).toMatchObject([
      { operator: 'Li Lei', action: 'refunds retry', number: outRefundNo },
    ])
  })

  test('sends an ABNORMAL refund to the merchant’s card, or to a card that a file names', async ({ app }) => {
    const outRefundNo = await givenAbnormal(app)
    const { admin, json } = openOperator(app)
    const dry = await admin('refunds', 'abnormal', outRefundNo, '--dry-run')
    expect(dry.output).toContain(
      `would send 128.00 yuan of refund ${outRefundNo}, which is ABNORMAL, to the merchant’s card`,
    )
    const file = join(await makeScratch('looklook-card-'), 'card.json')
    writeFileSync(file, JSON.stringify({ bankType: 'ICBC_DEBIT', account: '6222020000000000000', realName: '李雷' }))
    app.sandbox.faults.add({ endpoint: 'apply-abnormal-refund', kind: 'ends-never' })

    expect(await json('refunds', 'abnormal', outRefundNo, '--card', file)).toMatchObject({
      to: 'another card of the guest’s',
    })

    expect(app.sandbox.ledger.refunds.get(outRefundNo)?.status).toBe('PROCESSING')
    const kept = JSON.stringify(await app.deps.db.operatorAct.findMany())
    expect(kept).toContain('USER_BANK_CARD')
    for (const hidden of ['6222', '李雷', 'ICBC']) expect(kept).not.toContain(hidden)
    expect(await admin('refunds', 'abnormal', outRefundNo, '--card', '/nowhere.json')).toMatchObject({ code: 2 })
  })

  test('adopts a manual refund whose notice was lost, and releases its payment', async ({ app }) => {
    const { payment, outRefundNo } = await givenOnHold(app)
    const { admin, json } = openOperator(app)
    expect((await admin('refunds', 'adopt', outRefundNo, '--dry-run')).output).toContain(
      `would record refund ${outRefundNo} of 128.00 yuan of payment ${payment.sn}, which WeChat reports as SUCCESS: it isn’t in our books yet`,
    )
    expect(await app.deps.db.refund.count()).toBe(0)

    const who = ['--as', 'Li Lei', '--reason', 'read off the platform']
    expect(await json('refunds', 'adopt', outRefundNo, ...who)).toEqual({ outRefundNo, outcome: 'MOVED' })
    expect(await json('refunds', 'adopt', outRefundNo)).toEqual({ outRefundNo, outcome: 'SAME' })

    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'REFUNDED', heldAt: null })
    const [event] = await app.deps.db.paymentEvent.findMany({ where: { paymentSn: payment.sn, source: 'OPERATOR' } })
    expect(event?.detail).toMatchObject({ operator: { name: 'Li Lei', reason: 'read off the platform' } })
  })

  test('refuses in a dry run what it would refuse', async ({ app }) => {
    const { refund } = await givenRequestedRefund(app)
    const { admin } = openOperator(app)
    const refusedTwice = async (complaint: string, ...args: string[]) => {
      for (const rest of [['--dry-run'], []])
        expect(await admin('refunds', ...args, ...rest)).toMatchObject({
          code: 1,
          output: '',
          complaint: expect.stringContaining(complaint),
        })
    }
    await refusedTwice(`${refund.outRefundNo} is not accepted by WeChat yet`, 'abnormal', refund.outRefundNo)
    await refusedTwice('RESOURCE_NOT_EXISTS', 'adopt', 'RE-nobody')
    await runRefunds(app.deps)
    const { status } = await newestRefund(app.deps, refund.paymentSn)
    await refusedTwice(
      `${refund.outRefundNo} is ${status}: WeChat sends to another account`,
      'abnormal',
      refund.outRefundNo,
    )
    expect(await app.deps.db.operatorAct.count()).toBe(0)
  })

  test('says what can’t be done in a sentence, without a stack', async ({ app }) => {
    const { refund } = await givenRequestedRefund(app)
    const { admin } = openOperator(app)
    const refused = [
      await admin('refunds', 'retry', 'RE-nobody'),
      await admin('refunds', 'abnormal', 'RE-nobody'),
      await admin('refunds', 'abnormal', refund.outRefundNo),
      await admin('refunds', 'adopt', 'RE-nobody'),
    ]
    expect(refused.map(({ code }) => code)).toEqual([1, 1, 1, 1])
    expect(refused.map(({ complaint }) => complaint.split('\n')[0])).toEqual([
      expect.stringContaining('There is no such refund'),
      expect.stringContaining('There is no such refund'),
      expect.stringContaining(`${refund.outRefundNo} is not accepted by WeChat yet`),
      expect.stringContaining('RESOURCE_NOT_EXISTS'),
    ])
    for (const { complaint } of refused) expect(complaint).not.toContain('    at ')
  })
})
