import pino from 'pino'
import { uploadShippingOf } from '../../../src/order/shipping.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { compareBill, dayOf } from '../../harness/bill-days.ts'
import { openTestConsole } from '../../harness/console.ts'
import { freshOrder, freshTapped, givenPaid } from '../../harness/fixtures.ts'
import { refundManually } from '../../harness/money.ts'
import { expire, redeem } from '../../harness/states.ts'

describe('what an operator looks for', () => {
  test('is found by any of its numbers', async ({ app }) => {
    const { signIn } = await openTestConsole(app)
    const browser = await signIn('Li Lei', 'VIEWER')
    const { order, payment } = await givenPaid(app)
    for (const number of [order.sn, payment.sn, ` ${payment.transactionId} `]) {
      const { find } = await browser.ask<{ find: object[] }>(
        'query ($text: String!) { find(text: $text) { kind number } }',
        {
          text: number,
        },
      )
      expect(find).toEqual([
        { kind: 'order', number: order.sn },
        { kind: 'payment', number: payment.sn },
      ])
    }
    expect(
      await browser.ask('{ find(text: "nothing") { number } timeline(number: "nothing") { orders { sn } } }'),
    ).toEqual({
      find: [],
      timeline: null,
    })
    const { timeline } = await browser.ask<{ timeline: { payments: object[]; entries: { text: string }[] } }>(
      `{ timeline(number: "${order.sn}") { payments { sn status } entries { at kind number text } } }`,
    )
    expect(timeline.payments).toEqual([{ sn: payment.sn, status: 'SUCCESS' }])
    expect(timeline.entries.map(({ text }) => text).join('\n')).toContain('PENDING -> SUCCESS')
  })

  test('awaits shipping once it is redeemed or has expired, until WeChat has taken it, where the merchant has that duty', async ({
    app,
  }) => {
    const { config } = app.deps
    const deps = { ...app.deps, config: { ...config, order: { ...config.order, uploadShipping: true } } }
    const [without, browser] = await Promise.all(
      [app, { ...app, deps }].map(async (each) => (await openTestConsole(each)).signIn('Li Lei', 'VIEWER')),
    )
    const [no, yes] = [false, true].map((awaitsShipping) => ({ timeline: { orders: [{ awaitsShipping }] } }))
    for (const end of [redeem, expire]) {
      const paid = await givenPaid(app, await freshOrder(app))
      const query = `{ timeline(number: "${paid.order.sn}") { orders { awaitsShipping } } }`
      expect(await browser?.ask(query)).toEqual(no)
      await end(app, paid)
      expect(await browser?.ask(query)).toEqual(yes)
      expect(await without?.ask(query)).toEqual(no)
      await uploadShippingOf(deps, { orderSn: paid.order.sn })
      expect(await browser?.ask(query)).toEqual(no)
    }
  })

  test('is refused as bad input where no text can be so', async ({ app }) => {
    const { signIn } = await openTestConsole(app)
    const browser = await signIn('Li Lei', 'VIEWER')
    const query = 'query ($text: String!) { find(text: $text) { number } }'
    for (const text of ['a\0b', 7])
      expect((await browser.send({ body: JSON.stringify({ query, variables: { text } }) })).body).toContain(
        '"BAD_USER_INPUT"',
      )
  })

  test('is found by the last four digits of a phone, which isn’t shown', async ({ app }) => {
    const { signIn } = await openTestConsole(app)
    const browser = await signIn('Li Lei', 'VIEWER')
    const [first, second, other] = [await freshTapped(app), await freshOrder(app), await freshOrder(app)]
    const { user } = app.deps.db
    await user.update({ where: { id: first.guest.id }, data: { phoneNumber: '13800131234' } })
    await user.update({ where: { id: second.guest.id }, data: { phoneNumber: '+85298761234' } })
    await user.update({ where: { id: other.guest.id }, data: { phoneNumber: '13812340000' } })

    const { status, body } = await browser.send({
      body: JSON.stringify({ query: '{ find(text: "1234") { kind number title at } }' }),
    })
    expect(status).toBe(200)
    const { data } = JSON.parse(body) as { data: { find: { number: string }[] } }
    expect(data.find.map(({ number }) => number)).toEqual([second.order.sn, first.order.sn])
    expect(body).not.toContain('0013')
  })
})

describe('a bill on the console', () => {
  test('is a day of its month, with what differs, and a file', async ({ app }) => {
    const { signIn, send } = await openTestConsole(app)
    const browser = await signIn('Li Lei', 'VIEWER')
    const { payment } = await givenPaid(app)
    await refundManually(app, payment.sn, 2_800)
    const billOn = dayOf(app, payment.sn)
    await compareBill(app, billOn)

    const { billDays } = await browser.ask<{ billDays: object[] }>(
      `{ billDays(month: "${billOn.slice(0, 7)}") { billOn status lines differences open } }`,
    )
    expect(billDays).toEqual([{ billOn, status: 'DONE', lines: 2, differences: 1, open: 0 }])
    const { billDay } = await browser.ask<{ billDay: object }>(
      `{ billDay(day: "${billOn}") { totals { payments paymentsFen refundsFen } differences { class outcome outTradeNo } } }`,
    )
    expect(billDay).toEqual({
      totals: { payments: 1, paymentsFen: 12_800, refundsFen: 2_800 },
      differences: [{ class: 'ONLY_WECHAT', outcome: 'ADOPTED', outTradeNo: payment.sn }],
    })

    const path = `/bill/${billOn}.csv`
    const exported = await browser.send({ method: 'GET', path })
    expect(exported.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="bill-${billOn}.csv"`,
    })
    expect(exported.body).toMatch(new RegExp(`^kind,time.*\\nPAYMENT,.*${payment.sn}`))
    expect((await send({ method: 'GET', path })).status).toBe(401)
    expect((await browser.send({ method: 'GET', path: '/bill/2020-01-01.csv' })).status).toBe(404)
    await expect(browser.ask('{ billDay(day: "2020-02-30") { day { note } } }')).rejects.toThrow('BAD_USER_INPUT')
    await expect(browser.ask('{ billDays(month: "2020-13") { note } }')).rejects.toThrow('BAD_USER_INPUT')
  })
})

describe('a bill’s file', () => {
  // A database without a table can't pass on to another test.
  const own = test.extend({ isDeployed: true })

  own('that can’t be read to its end breaks off, and is logged; a HEAD reads none of it', async ({ app }) => {
    const written: string[] = []
    const log = pino({ level: 'error' }, { write: (line: string) => void written.push(line) })
    const { signIn } = await openTestConsole({ ...app, deps: { ...app.deps, log } })
    const browser = await signIn('Li Lei', 'VIEWER')
    const { payment } = await givenPaid(app)
    const billOn = dayOf(app, payment.sn)
    await compareBill(app, billOn)
    await app.deps.db.$executeRaw`ALTER TABLE bill_row RENAME TO bill_row_gone`

    const path = `/bill/${billOn}.csv`
    expect(await browser.send({ method: 'HEAD', path })).toMatchObject({ status: 200, body: '' })
    expect(written).toEqual([])
    await expect(browser.send({ method: 'GET', path })).rejects.toThrow()
    await expect.poll(() => written.join('')).toContain('request to the console could not be answered')
  })
})
