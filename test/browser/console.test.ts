import { compareBill, dayOf, statusOfDay } from '../harness/bill-days.ts'
import { freshOrder, givenPaid, orderOf, paymentOf } from '../harness/fixtures.ts'
import { canRunBrowser, describe, expect, givenUnderReview, test } from './console-fixtures.ts'

describe('the board', { skip: !canRunBrowser() }, () => {
  test('a payment is counted while somebody looks, without a reload, and drawn', async ({ app, desk }) => {
    const { page } = desk
    await desk.signIn()
    await page.locator('#today-payments', { hasText: /^Payments today\s*0$/ }).waitFor()
    await page.locator('.board-live', { hasText: 'Live' }).waitFor()
    await givenPaid(app)
    await page.locator('#today-payments', { hasText: /^Payments today\s*1$/ }).waitFor()
    await page.locator('#today-fen', { hasText: '¥128.00' }).waitFor()

    await page.getByRole('button', { name: '30 days' }).click()
    await expect.poll(() => page.locator('.plot canvas').count()).toBe(2)
    await page.locator('.plot summary').first().click()
    await page.locator('.plot-table tbody tr', { hasText: '¥128.00' }).waitFor()
  })
})

describe('finding', { skip: !canRunBrowser() }, () => {
  test('the last four of a phone lead to the guest’s order, and that to its timeline', async ({ app, desk }) => {
    const { page } = desk
    const { guest, order, payment } = await givenPaid(app)
    await app.deps.db.user.update({ where: { id: guest.id }, data: { phoneNumber: '13800004711' } })
    await desk.signIn()
    await page.keyboard.press('/')
    await page.keyboard.type('4711')
    await page.keyboard.press('Enter')
    await page.locator('#results a', { hasText: order.sn }).click()
    await page.locator('.standing', { hasText: payment.sn }).waitFor()
    await page.locator('.standing', { hasText: 'paid, to be used' }).waitFor()
    const kinds = await page.locator('.entry-kind').allInnerTexts()
    expect(kinds.slice(0, 2)).toEqual(['Order', 'Attempt'])
    expect(kinds).toEqual(expect.arrayContaining(['Call', 'Event']))
    await page.getByRole('img', { name: 'Books → WeChat' }).first().waitFor()

    await page.locator('#search').fill('nobody-has-it')
    await page.keyboard.press('Enter')
    await page.locator('#results', { hasText: 'Nothing has this number' }).waitFor()
  })
})

describe('a view that can’t be read', { skip: !canRunBrowser() }, () => {
  test('says so, and is read again when somebody wants it', async ({ desk }) => {
    const { page } = desk
    await desk.signIn()
    desk.allowErrors('/graphql')
    await page.route('**/graphql', (route) =>
      route.request().postData()?.includes('query Waiting') ? route.abort() : route.fallback(),
    )
    await desk.open('decide')
    await page.locator('.failure', { hasText: 'The server doesn’t answer' }).waitFor()
    await page.unroute('**/graphql')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('#mismatches', { hasText: 'fits our books' }).waitFor()
    await expect.poll(() => page.locator('.failure').count()).toBe(0)
  })
})

describe('deciding', { skip: !canRunBrowser() }, () => {
  test('shows first what will happen, asks why, then accepts the money', async ({ app, desk }) => {
    const { page } = desk
    const { payment, order } = await givenUnderReview(app)
    await desk.signIn()
    await desk.open('decide')
    await page.locator('#mismatches .case', { hasText: '¥100.00' }).waitFor()
    await page.getByRole('button', { name: 'Accept the money' }).click()
    await page.locator('#act-foreseen', { hasText: `apply it to order ${order.sn}` }).waitFor()
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'PENDING' })

    await page.locator('#act-confirm').click()
    await page.locator('.field-failure', { hasText: 'Say why' }).waitFor()
    await page.locator('#act-reason').fill('the guest paid less by agreement')
    await page.locator('#act-confirm').click()
    await page.locator('.act-done', { hasText: 'ACCEPTED' }).waitFor()
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })

    await page.keyboard.press('Escape')
    await page.locator('#mismatches', { hasText: 'fits our books' }).waitFor()
    await page.locator('#trail li', { hasText: 'the guest paid less by agreement' }).waitFor()
    await expect.poll(() => page.locator('#act').count()).toBe(0)
  })

  test('a viewer sees what could be decided, and why it can’t be pressed', async ({ app, desk }) => {
    const { page } = desk
    await givenUnderReview(app)
    await desk.signIn('VIEWER')
    await desk.open('decide')
    const button = page.getByRole('button', { name: 'Refund it all' })
    expect(await button.getAttribute('aria-disabled')).toBe('true')
    expect(await button.getAttribute('title')).toContain('You are a viewer')
    await button.click({ force: true })
    await expect.poll(() => page.locator('#act').count()).toBe(0)
    await page.locator('.aside', { hasText: 'You are a viewer' }).waitFor()
  })
})

describe('the events', { skip: !canRunBrowser() }, () => {
  test('lead from an endpoint to what it was sent of late, and from there to a payment', async ({ app, desk }) => {
    const { page } = desk
    const { payment } = await givenPaid(app)
    const endpoint = { id: 'we_a', url: 'https://erp.example.com/hooks', secret: 'whsec_none' }
    await app.deps.db.webhookEndpoint.create({ data: endpoint })
    const sent = { endpointId: endpoint.id, paymentSn: payment.sn, version: 1, tries: 9 }
    const answered = { status: 'FAILED', lastAnswer: '503 Service Unavailable', endedAt: new Date() } as const
    await app.deps.db.webhookDelivery.create({ data: { ...sent, ...answered } })
    await desk.signIn('VIEWER')
    await desk.open('events')
    await page.getByRole('link', { name: 'Deliveries' }).click()
    const row = page.locator('#deliveries li', { hasText: '503 Service Unavailable' })
    await row.locator('.mark', { hasText: 'failed' }).waitFor()
    await row.getByRole('link').click()
    await page.locator('.standing', { hasText: payment.sn }).waitFor()
  })
})

describe('the bill, in Chinese', { skip: !canRunBrowser() }, () => {
  test.override({ locale: 'zh-CN' })

  test('the calendar leads to a day, its differences and its export', async ({ app, desk }) => {
    const { page } = desk
    const { payment } = await givenPaid(app)
    await givenPaid(app, await freshOrder(app))
    app.sandbox.plantInBills({ bill: 'trade', number: payment.sn, cells: { 订单金额: '999.00' } })
    const day = dayOf(app, payment.sn)
    await compareBill(app, day)
    await desk.signIn()
    await desk.open(`bill/${day.slice(0, 7)}`)
    await page.locator('#calendar .day-OPEN').click()
    await page.locator('#differences', { hasText: 'SUCCESS 999.00' }).waitFor()
    await page.locator('#differences', { hasText: 'SUCCESS 128.00' }).waitFor()

    const downloading = page.waitForEvent('download')
    await page.locator('#export-csv').click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe(`bill-${day}.csv`)
    const chunks = await (await download.createReadStream()).toArray()
    expect(Buffer.concat(chunks).toString()).toContain(payment.sn)

    await page.locator('#differences').getByRole('button', { name: '标记为已处理' }).click()
    await page.locator('#act-foreseen li', { hasText: 'AMOUNT' }).waitFor()
    await page.locator('#act-reason').fill('已与微信客服核实')
    await page.locator('#act-confirm').click()
    await page.locator('#act-close').click()
    await expect.poll(() => page.locator('#differences').innerText()).toContain('已处理')

    // Of the day that still runs WeChat has no bill: what is refused changes nothing, and says why.
    await page.getByRole('button', { name: '重新对账' }).click()
    await page.locator('#act .failure', { hasText: '账单' }).waitFor()
    await page.locator('#act-cancel').click()
    await expect.poll(() => page.locator('#act').count()).toBe(0)
    expect(await statusOfDay(app.deps, day)).toBe('DONE')
  })
})
