import { objections } from './objections.ts'
import { canRunBrowser, type Desk, describe, expect, openDesk, startReceiver, test } from './sandbox-fixtures.ts'

const PHONE = 360
const DESKTOP = 1440
const PAYER = 'o'.repeat(100)

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

/** One of everything that the ledger shows, with texts as long as WeChat allows them. */
async function fill({ sandbox, merchant }: Desk): Promise<void> {
  const long = 'x'.repeat(32)
  const receiver = await startReceiver(merchant, [500])
  await merchant.prepay('order-unpaid', { description: 'W'.repeat(127) })
  await merchant.prepay('order-closed')
  await merchant.close('order-closed')
  await merchant.prepay(long, { notify_url: receiver.url, payer: { openid: PAYER } })
  sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost', times: 1 })
  sandbox.payLate(long, 800)
  await merchant.refund(merchant.refundBody(long, 'r'.repeat(64), 100))
  const { outRefundNo } = sandbox.refundManually({ outTradeNo: long, refundFen: 5 })
  sandbox.endRefund(outRefundNo, 'ABNORMAL')
  sandbox.complain({ outTradeNo: long, text: '房'.repeat(300), problemType: 'REFUND', phone: '13800001234' })
  for (const _ of [1, 2]) sandbox.consent({ openid: PAYER, accepted: [sandbox.credentials.templates.refunded] })
  await sendMessage({ sandbox })
}

/** A subscribe message on its way to the buyer. */
async function sendMessage({ sandbox }: Pick<Desk, 'sandbox'>): Promise<void> {
  const { appid, appSecret: secret, templates } = sandbox.credentials
  const post = async (path: string, body: object) => {
    const response = await fetch(sandbox.url + path, { method: 'POST', body: JSON.stringify(body) })
    return (await response.json()) as { access_token?: string; errcode?: number }
  }
  const { access_token } = await post('/cgi-bin/stable_token', { grant_type: 'client_credential', appid, secret })
  const data = { character_string1: { value: 'H1' }, thing2: { value: '海边民宿' }, amount3: { value: '128.00元' } }
  const message = { touser: PAYER, template_id: templates.refunded, data }
  expect(await post(`/cgi-bin/message/subscribe/send?access_token=${access_token}`, message)).toMatchObject({
    errcode: 0,
  })
}

/** The views that tell the sandbox what to do, each with all that it can show. */
async function checkControls(desk: Desk, check: (step: string, shown: string) => Promise<void>): Promise<void> {
  const { page, sandbox } = desk
  sandbox.changeSettings({ signedBy: 'both' })
  sandbox.moveClock(100_000)
  sandbox.faults.add(
    { endpoint: 'query', kind: 'error', code: 'SYSTEM_ERROR', percent: 5, match: 'x'.repeat(32) },
    { endpoint: 'payment-notice', kind: 'late', delayMs: 1000, times: 2 },
  )
  await desk.open('faults')
  await check('faults of a notice', '#armed li')
  await page.locator('#endpoint').selectOption('query')
  await page.locator('input[value="error"]').check()
  await page.locator('#percent').fill('5')
  await check('faults of a call', '#seed')
  await desk.open('clock')
  await check('clock', '#certificates li')
  await page.locator('#public-keys summary').click()
  await check('a key', '#public-keys pre')
  await desk.merchant.call('POST', '/v3/pay/transactions/jsapi', { color: 'x'.repeat(100) })
  await desk.open('requests')
  await check('requests', '.refusal')
  await page.locator('.request summary').first().click()
  await check('a request', '.request-details')
}

describe.for(['zh-CN', 'en-US'])('the sandbox’s page in %s', { skip: !canRunBrowser() }, (locale) => {
  test('axe objects to nothing in any view, and nothing is wider than a phone', async ({ browser }) => {
    const desk = await openDesk(browser, { locale, isOnNetwork: true })
    const { page, row } = desk
    const found: string[] = []
    const check = async (step: string, shown: string) => {
      await page.locator(shown).first().waitFor()
      found.push(...(await faults(desk, step)))
    }
    await desk.open('ledger')
    await check('no orders', '.empty')
    await fill(desk)
    await check('orders', '.row .button-main')
    await row('order-unpaid').locator('summary').click()
    await page.locator('.pay-code summary').click()
    await check('details', '.row pre')
    await row('order-unpaid').getByRole('button').first().click()
    await check('dialog', '#act-coupon')
    await page.keyboard.press('Escape')
    await row('order-unpaid').getByRole('button').nth(1).click()
    await check('QR code', '.qr')
    await page.keyboard.press('Escape')
    for (const kind of ['refunds', 'notices', 'messages', 'complaints', 'consents']) {
      await desk.open(`ledger/${kind}`)
      await check(kind, `#${kind} .row`)
    }
    await desk.open('pay/order-closed')
    await check('pay a closed order', '#pay-do')
    await desk.open('pay/order-unpaid')
    await check('pay', '#pay-do')
    await page.locator('#pay-do').click()
    await check('paid', '#paid')
    await desk.open('pay/unknown')
    await check('pay no order', '.failure')
    await checkControls(desk, check)
    desk.allowErrors('')
    await desk.open('ledger')
    await desk.sandbox.close()
    await check('sandbox away', '.failure')
    expect(found).toEqual([])
  })
})
