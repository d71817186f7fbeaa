import { describe } from 'vitest'
import { formatDay, shanghaiDay } from '../../src/infra/shanghai.ts'
import { expect } from '../harness/app.ts'
import { confirm, type Purchase, stateOf, whenOrderIs } from '../harness/deployment.ts'
import { canOperate, type Operated, testOperated } from '../harness/operated.ts'
import { atWechat, changeAtWechat, givenPaid, givenTapped, readPayment } from '../harness/operated-guests.ts'
import { expectActs, expectNobodyWaits } from '../harness/operated-trail.ts'
import { UNHURRIED } from '../harness/processes.ts'

/** Every alert about orders and days that docs/operations.md lists, resolved as it says: once by the command, once in the console. */

const test = testOperated({ PAYMENT_RECHECK_SECONDS: '3600' })

const DAY_MS = 86_400_000

/** An order whose deadline was two hours ago, while WeChat doesn't say whether it was paid. */
async function givenOpenTooLong(operated: Operated) {
  const guest = await givenTapped(operated)
  operated.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable', match: guest.params.paymentSn })
  await operated.sql(`UPDATE homestay_order SET "payBefore" = now() - interval '2 h' WHERE sn = $1`, [guest.orderSn])
  await operated.raised('close', guest.orderSn)
  return guest
}

/** No payment can be applied to its order any more: a fault of ours. */
async function breakOrders({ sql }: Operated): Promise<void> {
  await sql(`CREATE FUNCTION refuse_order() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'no order can be written'; END $$`)
  await sql('CREATE TRIGGER refuse_order BEFORE UPDATE ON homestay_order FOR EACH ROW EXECUTE FUNCTION refuse_order()')
}

async function mendOrders({ sql }: Operated): Promise<void> {
  await sql('DROP TRIGGER refuse_order ON homestay_order')
}

/** The guest pays, and for eleven minutes nobody can apply that to the order: by now it is tried again in minutes. */
async function payUnapplied(operated: Operated, guest: Purchase): Promise<void> {
  const { paymentSn } = guest.params
  await confirm(operated.sandbox, guest)
  await expect.poll(() => operated.sql(POSTPONE, [paymentSn]), UNHURRIED).toEqual([{ paymentSn }])
  await operated.sql(`UPDATE payment_event SET at = at - interval '11 min' WHERE "paymentSn" = $1`, [paymentSn])
}

const POSTPONE = `UPDATE pgboss.job SET start_after = now() + interval '10 min'
  WHERE name = 'payment-changed' AND state = 'retry' AND data ->> 'paymentSn' = $1 RETURNING data ->> 'paymentSn' AS "paymentSn"`

/** A payment of so many days ago. @returns that day too. */
async function givenPaidOn(operated: Operated, daysAgo: number): Promise<{ sn: string; day: string }> {
  const guest = await givenPaid(operated)
  const sn = guest.params.paymentSn
  const { payment } = atWechat(operated, guest)
  if (!payment) throw new Error(`${sn} is not paid at WeChat`)
  const paidAt = new Date(payment.paidAt - daysAgo * DAY_MS)
  changeAtWechat(operated, guest, { payment: { ...payment, paidAt: paidAt.getTime() } })
  await operated.sql('UPDATE payment SET "payTime" = $2 WHERE sn = $1', [sn, paidAt])
  await operated.sql('UPDATE payment_event SET "payTime" = $2 WHERE "paymentSn" = $1 AND "payTime" IS NOT NULL', [
    sn,
    paidAt,
  ])
  const day = formatDay(shanghaiDay(paidAt))
  return { sn, day }
}

describe('an operator who gets the alert', { skip: !canOperate() }, () => {
  test('close closes the order, once WeChat answers', async ({ operated }) => {
    const { url, admin, act, desk, sandbox, sql } = operated
    const [first, second] = [await givenOpenTooLong(operated), await givenOpenTooLong(operated)]
    expect((await admin('orders', 'stuck')).output).toContain(`orders close ${first.orderSn}`)
    const { page, open, act: actInConsole } = await desk()
    await open('decide')
    const stuck = page.locator('#stuck-orders .case', { hasText: second.orderSn })
    const closeNow = stuck.getByRole('button', { name: 'Close now' })
    await closeNow.waitFor()
    // The loop isn't to be faster than the operators.
    await sql(`UPDATE homestay_order SET "nextCloseAt" = now() + interval '1 h' WHERE "tradeState" = 'WAIT_PAY'`)

    const refused = await admin('orders', 'close', first.orderSn)
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('answered 503') })
    sandbox.faults.clear('query')
    const reason = 'WeChat answers again'
    const byCommand = await act(['orders', 'close', first.orderSn], reason)
    expect(byCommand.foreseen).toContain('would close at WeChat')
    expect(byCommand.done).toContain(`order ${first.orderSn} was WAIT_PAY, and is CANCELLED`)
    const byConsole = await actInConsole(closeNow, { reason })
    expect(byConsole.done).toContain('was WAIT_PAY, and is CANCELLED')
    for (const guest of [first, second]) {
      expect(await stateOf(url, guest)).toMatchObject({ tradeState: 'CANCELLED' })
      expect(atWechat(operated, guest).state).toBe('CLOSED')
    }

    await expectActs(operated, {
      byCommand: { number: first.orderSn, action: 'orders close', reason },
      byConsole: { number: second.orderSn, action: 'orders close', reason },
    })
    await expectNobodyWaits(operated, [first.orderSn, second.orderSn])
  })

  test('not-applied applies the payment, once its cause is mended', async ({ operated }) => {
    const { url, admin, act, desk, raised } = operated
    const [first, second] = [await givenTapped(operated), await givenTapped(operated)]
    await breakOrders(operated)
    for (const guest of [first, second]) await payUnapplied(operated, guest)
    await operated.renewWorker()
    for (const { params } of [first, second]) await raised('not-applied', params.paymentSn)
    expect((await admin('orders', 'stuck')).output).toContain(`orders apply ${first.orderSn}`)
    const { page, open, act: actInConsole } = await desk()
    await open('decide')
    const stuck = page.locator('#stuck-orders .case', { hasText: second.orderSn })
    await stuck.waitFor()

    const failed = await admin('orders', 'apply', first.orderSn)
    expect(failed).toMatchObject({ code: 1, output: expect.stringContaining('no order can be written') })
    await mendOrders(operated)
    const reason = 'orders can be written again'
    const byCommand = await act(['orders', 'apply', first.orderSn], reason)
    expect(byCommand.foreseen).toContain('would apply its payments')
    expect(byCommand.done).toContain('was WAIT_PAY, and is WAIT_USE')
    const byConsole = await actInConsole(stuck.getByRole('button', { name: 'Apply now' }), { reason })
    expect(byConsole.done).toContain('was WAIT_PAY, and is WAIT_USE')
    for (const guest of [first, second])
      expect(await stateOf(url, guest)).toMatchObject({ tradeState: 'WAIT_USE', tradeCode: expect.any(String) })

    await expectActs(operated, {
      byCommand: { number: first.orderSn, action: 'orders apply', reason },
      byConsole: { number: second.orderSn, action: 'orders apply', reason },
    })
    await expectNobodyWaits(operated, [first.orderSn, second.orderSn])
  })

  test('bill has the day compared again, once WeChat has mended its bill', async ({ operated }) => {
    const { admin, act, desk, sandbox, raised } = operated
    const differing = [await givenPaidOn(operated, 3), await givenPaidOn(operated, 4)] as const
    const missing = [await givenPaidOn(operated, 5), await givenPaidOn(operated, 6)] as const
    sandbox.plantInBills(
      ...differing.map(({ sn: number }) => ({ bill: 'trade' as const, number, cells: { 订单金额: '999.00' } })),
      ...missing.map(({ sn: number }) => ({ bill: 'trade' as const, number })),
    )
    const days = [...differing, ...missing].map(({ day }) => day)
    for (const day of days) await operated.sql('INSERT INTO bill_day ("billOn") VALUES ($1)', [day])
    await operated.renewWorker()
    for (const day of days) await raised('bill', day)
    expect((await admin('bill', 'export', differing[0].day)).output).toMatch(/AMOUNT.*DECIDE|DECIDE.*AMOUNT/)
    const { page, open, act: actInConsole } = await desk()
    await open(`bill/${differing[1].day}`)
    await page.locator('#differences', { hasText: 'SUCCESS 999.00' }).waitFor()

    sandbox.plantInBills()
    const reason = 'WeChat’s support has mended it'
    for (const { day } of [differing[0], missing[0]]) {
      const { done } = await act(['bill', day], reason)
      expect(done).toContain(`${day} is compared again within a minute`)
    }
    for (const { day } of [differing[1], missing[1]]) {
      await open(`bill/${day}`)
      const { done } = await actInConsole(page.getByRole('button', { name: 'Compare again' }), { reason })
      expect(done).toContain(`${day} is compared again within a minute`)
    }
    await operated.renewWorker()

    for (const day of days) {
      await expect.poll(() => operated.sql(STATUS_OF_DAY, [day]), UNHURRIED).toEqual([{ status: 'DONE', open: 0 }])
    }
    await open('decide')
    for (const day of days) await page.locator('#trail li', { hasText: day }).filter({ hasText: reason }).waitFor()
  })

  test('trade-state sees what WeChat said, and the payment is left as it is', async ({ operated }) => {
    const { url, admin, desk, raised } = operated
    const guest = await givenTapped(operated)
    const sn = guest.params.paymentSn
    const { state } = atWechat(operated, guest)
    changeAtWechat(operated, guest, { state: 'FROZEN' as typeof state })
    expect(await readPayment(operated, guest)).toMatchObject({ status: 'PENDING' })
    expect(await raised('trade-state', sn)).toMatchObject({ tradeState: 'FROZEN' })

    const said = /GET \/v3\/pay\/transactions\/out-trade-no\/\*: 200 FROZEN in \d+ ms/
    await expect.poll(async () => (await admin('timeline', sn)).output, { interval: 1_000 }).toMatch(said)
    const { page, open } = await desk()
    await open(`find/${sn}`)
    await page.locator('.entry-call', { hasText: said }).waitFor()
    expect(await stateOf(url, guest)).toMatchObject({ tradeState: 'WAIT_PAY' })

    changeAtWechat(operated, guest, { state })
    await confirm(operated.sandbox, guest)
    await whenOrderIs('WAIT_USE', url, guest)
  })
})

const STATUS_OF_DAY = `SELECT status::text, (SELECT count(*)::int FROM bill_difference d
  WHERE d."billOn" = bill_day."billOn" AND outcome = 'DECIDE') AS open FROM bill_day WHERE "billOn" = $1`
