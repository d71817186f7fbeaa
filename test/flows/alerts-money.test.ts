import { describe } from 'vitest'
import { expect } from '../harness/app.ts'
import { confirm, type Purchase, stateOf, whenOrderIs } from '../harness/deployment.ts'
import { canOperate, type Operated, testOperated } from '../harness/operated.ts'
import {
  changeAtWechat,
  givenPaid,
  givenTapped,
  readPayment,
  refundAsGuest,
  refundOnPlatform,
  transactionOf,
} from '../harness/operated-guests.ts'
import { expectActs, expectNobodyWaits } from '../harness/operated-trail.ts'
import { UNHURRIED } from '../harness/processes.ts'
import { newTransactionId } from '../harness/reports.ts'

/** Every alert about money that docs/operations.md lists, resolved as it says: once by the command, once in the console. */

const test = testOperated({ PAYMENT_RECHECK_SECONDS: '3600' })

/** Of `review list`. */
interface Listed {
  id: string
  number: string
  decisions: string[]
}

/** The guest paid 100.00 yuan of the price. */
async function givenPaidLess(operated: Operated): Promise<Purchase> {
  const guest = await givenTapped(operated)
  changeAtWechat(operated, guest, { totalFen: 10_000 })
  await confirm(operated.sandbox, guest)
  await operated.raised('mismatch', guest.params.paymentSn)
  return guest
}

/** The guest paid, the merchant gave some of it back on the platform, and no notice of either arrived; that was two hours ago. */
async function givenOnHold(operated: Operated, refundFen?: number) {
  const guest = await givenTapped(operated)
  const { paymentSn } = guest.params
  operated.sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost', match: paymentSn })
  await confirm(operated.sandbox, guest)
  const outRefundNo = await refundOnPlatform(operated, guest, refundFen)
  await expect.poll(() => readPayment(operated, guest), UNHURRIED).toMatchObject({ status: 'SUCCESS' })
  await whenOrderIs('WAIT_USE', operated.url, guest)
  await operated.sql(`UPDATE payment SET "heldAt" = "heldAt" - interval '2 h' WHERE sn = $1`, [paymentSn])
  return { guest, outRefundNo, paymentSn }
}

/** A refund that WeChat has refused for an hour, since the merchant's account is empty. */
async function givenRefused(operated: Operated) {
  const guest = await givenPaid(operated)
  const match = transactionOf(operated, guest)
  operated.sandbox.faults.add({ endpoint: 'refund', kind: 'error', code: 'NOT_ENOUGH', match })
  const outRefundNo = await refundAsGuest(operated, guest)
  await operated.raised('refund', outRefundNo)
  await operated.sql(
    `UPDATE refund SET "advanceCount" = 9, "nextAdvanceAt" = now() + interval '40 min' WHERE "outRefundNo" = $1`,
    [outRefundNo],
  )
  return { guest, outRefundNo }
}

/** A refund to a card that the guest has closed. */
async function givenAbnormal(operated: Operated) {
  const guest = await givenPaid(operated)
  const match = transactionOf(operated, guest)
  operated.sandbox.faults.add({ endpoint: 'refund', kind: 'ends-abnormal', match })
  const outRefundNo = await refundAsGuest(operated, guest)
  await operated.raised('refund', outRefundNo)
  return { guest, outRefundNo }
}

describe('an operator who gets the alert', { skip: !canOperate() }, () => {
  test('mismatch accepts the money, or refunds it', async ({ operated }) => {
    const { url, adminJson, act, desk } = operated
    const [accepted, refunded] = [await givenPaidLess(operated), await givenPaidLess(operated)]
    const numbers = [accepted.params.paymentSn, refunded.params.paymentSn] as const
    const [acceptedSn, refundedSn] = numbers

    const { mismatches } = await adminJson<{ mismatches: Listed[] }>('review', 'list')
    const { id = '', decisions } = mismatches.find(({ number }) => number === acceptedSn) ?? {}
    expect(decisions).toEqual(['accept', 'refund'])
    const reason = 'the guest paid less by agreement'
    const byCommand = await act(['review', 'accept', id], reason)
    expect(byCommand.foreseen).toContain(`would settle 100.00 yuan`)
    expect(byCommand.done).toContain(`mismatch ${id} is ACCEPTED`)
    await whenOrderIs('WAIT_USE', url, accepted)

    const { page, open, act: actInConsole } = await desk()
    await open('decide')
    const mismatch = page.locator('#mismatches .case', { hasText: refundedSn })
    const why = 'the price was changed by somebody'
    const byConsole = await actInConsole(mismatch.getByRole('button', { name: 'Refund it all' }), { reason: why })
    expect(byConsole.foreseen).toContain(`would cancel order ${refunded.orderSn}, and refund 100.00 yuan`)
    expect(byConsole.done).toContain('is REFUNDED')
    await expect.poll(() => stateOf(url, refunded), UNHURRIED).toMatchObject({ payment: { status: 'REFUNDED' } })
    expect(await stateOf(url, refunded)).toMatchObject({ tradeState: 'CANCELLED', tradeCode: null })

    await expectActs(operated, {
      byCommand: { number: acceptedSn, action: 'review accept', reason },
      byConsole: { number: refundedSn, action: 'review refund', reason: why },
    })
    await expectNobodyWaits(operated, [...numbers])
  })

  test('mismatch dismisses what belongs to no payment here', async ({ operated }) => {
    const { admin, adminJson, act, desk, sandbox } = operated
    const guests = [await givenPaid(operated), await givenPaid(operated)] as const
    // They paid a second time, and somebody gave that back on the merchant platform.
    const again = guests.map(({ params }) => ({ sn: params.paymentSn, transactionId: newTransactionId() }))
    for (const { sn, transactionId } of again) {
      const content = { transaction_id: transactionId }
      expect(await sandbox.sendNotice(sn, { content, newId: true })).toEqual([204])
      await operated.raised('mismatch', sn)
    }
    const [byTerminal, atConsole] = guests
    const { mismatches } = await adminJson<{ mismatches: Listed[] }>('review', 'list')
    const { id = '', decisions } = mismatches.find(({ number }) => number === byTerminal.params.paymentSn) ?? {}
    expect(decisions).toEqual(['dismiss'])
    const reason = 'given back on the platform'
    const byCommand = await act(['review', 'dismiss', id], reason)
    expect(byCommand.foreseen).toContain('no money moves')
    expect(byCommand.done).toContain('is DISMISSED')

    const { page, open, act: actInConsole } = await desk()
    await open('decide')
    const mismatch = page.locator('#mismatches .case', { hasText: atConsole.params.paymentSn })
    const byConsole = await actInConsole(mismatch.getByRole('button', { name: 'Dismiss' }), { reason })
    expect(byConsole.done).toContain('is DISMISSED')

    for (const guest of guests) expect(await stateOf(operated.url, guest)).toMatchObject({ tradeState: 'WAIT_USE' })
    await expectActs(operated, {
      byCommand: { number: byTerminal.params.paymentSn, action: 'review dismiss', reason },
      byConsole: { number: atConsole.params.paymentSn, action: 'review dismiss', reason },
    })
    expect((await admin('review', 'list')).output).not.toContain(atConsole.params.paymentSn)
    await expectNobodyWaits(
      operated,
      guests.map(({ params }) => params.paymentSn),
    )
  })

  test('on-hold adopts the refund that was made on the merchant platform', async ({ operated }) => {
    const { url, admin, act, desk, raised } = operated
    const [whole, part] = [await givenOnHold(operated), await givenOnHold(operated, 800)]
    await operated.renewWorker()
    for (const { paymentSn } of [whole, part]) await raised('on-hold', paymentSn)
    expect(await stateOf(url, part.guest)).toMatchObject({ tradeState: 'WAIT_USE' })

    expect((await admin('refunds', 'stuck')).output).toContain(`payment ${whole.paymentSn} of order`)
    const reason = 'the guest fell ill'
    const byCommand = await act(['refunds', 'adopt', whole.outRefundNo], reason)
    expect(byCommand.foreseen).toMatch(/would record refund .* WeChat reports as SUCCESS: it isn’t in our books yet/)
    expect(byCommand.done).toContain(`refund ${whole.outRefundNo} is in our books`)
    await whenOrderIs('REFUNDED', url, whole.guest)

    const { page, open, act: actInConsole } = await desk()
    await open('decide')
    const held = page.locator('#held .case', { hasText: part.paymentSn })
    const byConsole = await actInConsole(held.getByRole('button', { name: 'Adopt its refund' }), {
      reason: 'no breakfast',
      fields: { number: part.outRefundNo },
    })
    expect(byConsole.foreseen).toContain('of 8.00 yuan')
    expect(byConsole.done).toContain(`refund ${part.outRefundNo} is in our books`)
    expect(await readPayment(operated, part.guest)).toEqual({ status: 'SUCCESS', refundedTotal: 800 })
    expect(await stateOf(url, part.guest)).toMatchObject({ tradeState: 'WAIT_USE', tradeCode: expect.any(String) })

    await expectActs(operated, {
      byCommand: { number: whole.paymentSn, action: 'refunds adopt', reason },
      byConsole: { number: part.paymentSn, action: 'refunds adopt', reason: 'no breakfast' },
    })
    await expectNobodyWaits(operated, [whole.paymentSn, part.paymentSn])
  })

  test('refund tops up the account, and has the refund tried again', async ({ operated }) => {
    const { url, admin, act, desk, sandbox } = operated
    const [first, second] = [await givenRefused(operated), await givenRefused(operated)]
    expect((await admin('refunds', 'stuck')).output).toMatch(new RegExp(`${first.outRefundNo} REQUESTED .*NOT_ENOUGH`))
    const { page, open, act: actInConsole } = await desk()
    await open('decide')
    const stuck = page.locator('#stuck .case', { hasText: second.outRefundNo })
    await stuck.getByText('NOT_ENOUGH').waitFor()

    sandbox.faults.clear('refund')
    const reason = 'the account is topped up'
    const byCommand = await act(['refunds', 'retry', first.outRefundNo], reason)
    expect(byCommand.done).toContain('is tried within seconds')
    await whenOrderIs('REFUNDED', url, first.guest)

    const byConsole = await actInConsole(stuck.getByRole('button', { name: 'Try now' }), { reason })
    expect(byConsole.done).toContain('is tried within seconds')
    await whenOrderIs('REFUNDED', url, second.guest)

    await expectActs(operated, {
      byCommand: { number: first.outRefundNo, action: 'refunds retry', reason },
      byConsole: { number: second.outRefundNo, action: 'refunds retry', reason },
    })
    await expectNobodyWaits(operated, [first.outRefundNo, second.outRefundNo])
  })

  test('refund sends an ABNORMAL one to another account', async ({ operated }) => {
    const { url, admin, act, desk } = operated
    const [first, second] = [await givenAbnormal(operated), await givenAbnormal(operated)]
    expect((await admin('refunds', 'stuck')).output).toContain(`${first.outRefundNo} ABNORMAL`)
    const reason = 'the guest’s card is closed'
    const byCommand = await act(['refunds', 'abnormal', first.outRefundNo], reason)
    expect(byCommand.foreseen).toContain('which is ABNORMAL, to the merchant’s card')
    await whenOrderIs('REFUNDED', url, first.guest)

    const { page, open, act: actInConsole } = await desk()
    await open('decide')
    const stuck = page.locator('#stuck .case', { hasText: second.outRefundNo })
    const byConsole = await actInConsole(stuck.getByRole('button', { name: 'Send to another card' }), {
      reason,
      fields: { bankType: 'ICBC_DEBIT', account: '6222020200112233445', realName: '李雷' },
    })
    expect(byConsole.done).toContain('is sent to another card of the guest’s')
    await whenOrderIs('REFUNDED', url, second.guest)

    await expectActs(operated, {
      byCommand: { number: first.outRefundNo, action: 'refunds abnormal', reason },
      byConsole: { number: second.outRefundNo, action: 'refunds abnormal', reason },
    })
    await expectNobodyWaits(operated, [first.outRefundNo, second.outRefundNo])
  })
})
