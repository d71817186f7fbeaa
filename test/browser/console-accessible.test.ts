import { compareBill, dayOf } from '../harness/bill-days.ts'
import { freshOrder, givenPaid } from '../harness/fixtures.ts'
import { canRunBrowser, type Desk, describe, expect, givenUnderReview, test } from './console-fixtures.ts'
import { objections } from './objections.ts'

const PHONE = 360
const DESKTOP = 1440

/** What is wrong with what is in sight, on a phone in the dark and on a desktop in the light. */
async function faults({ page }: Desk, step: string): Promise<string[]> {
  await page.setViewportSize({ width: PHONE, height: 780 })
  await page.emulateMedia({ colorScheme: 'dark' })
  const width = await page.evaluate<number>('document.documentElement.scrollWidth')
  const wide = width > PHONE ? [`${step}: ${width} px wide on a phone`] : []
  const dark = await objections({ page }, `${step} on a phone`)
  await page.setViewportSize({ width: DESKTOP, height: 900 })
  await page.emulateMedia({ colorScheme: 'light' })
  return [...wide, ...dark, ...(await objections({ page }, `${step} on a desktop`))]
}

describe.for(['zh-CN', 'en-US'])('the console in %s', { skip: !canRunBrowser() }, (locale) => {
  test.override({ locale })

  test('axe objects to nothing in any view, and nothing is wider than a phone', async ({ app, desk }) => {
    const { page } = desk
    const { payment, guest } = await givenPaid(app)
    await app.deps.db.user.update({ where: { id: guest.id }, data: { phoneNumber: '13800004711' } })
    await givenPaid(app, await freshOrder(app))
    app.sandbox.plantInBills({ bill: 'trade', number: payment.sn, cells: { 订单金额: '999.00' } })
    const day = dayOf(app, payment.sn)
    await compareBill(app, day)
    await givenUnderReview(app)
    await app.deps.db.webhookEndpoint.create({
      data: { id: 'we_a', url: 'https://erp.example.com/a/rather/long/path/for/hooks', secret: 'whsec_none' },
    })
    await app.deps.db.webhookDelivery.create({
      data: { endpointId: 'we_a', paymentSn: payment.sn, version: 1, tries: 1, lastAnswer: '503 Service Unavailable' },
    })

    const found: string[] = []
    const check = async (step: string, shown: string) => {
      await page.locator(shown).first().waitFor()
      found.push(...(await faults(desk, step)))
    }
    desk.allowErrors('/graphql')
    await page.goto(`${desk.url}/`)
    await check('sign in', '#link')
    await desk.signIn()
    await check('board', '.plot canvas')
    await desk.open('find')
    await check('find', '.find-how')
    await desk.open('find/4711')
    await check('results', '#results a')
    await desk.open(`find/${payment.sn}`)
    await check('timeline', '.entry')
    await desk.open('decide')
    await check('decide', '.case .button')
    await page.locator('.case .button').first().click()
    await check('dialog', '#act-foreseen li')
    await page.keyboard.press('Escape')
    await page.goto(await desk.invite('VIEWER', 'Han Meimei'))
    await check('another link', '#link-accept')
    await page.keyboard.press('Escape')
    await desk.open(`bill/${day}`)
    await check('bill', '#differences')
    await desk.open('jobs')
    await check('jobs', '#dead')
    await desk.open('events')
    await check('events', '#webhooks .case')
    await desk.open('events/we_a')
    await check('deliveries', '#deliveries li')
    app.sandbox.faults.add({ endpoint: 'stable-token', kind: 'errcode', errcode: 40125 })
    await desk.open('check')
    await page.locator('#check-summary .dim').waitFor()
    await check('check', '.finding-remedy')
    expect(found).toEqual([])
  })
})
