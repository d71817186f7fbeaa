import type { Page } from 'playwright-core'
import { decodeQR } from 'qr/decode.js'
import { canRunBrowser, type Desk, describe, expect, openDesk, startReceiver, test } from './sandbox-fixtures.ts'

const PIXELS = 4
/** Fields that are chosen from a list. */
const CHOICES = ['end', 'problemType']

/** What a phone's camera reads from the QR code in sight. */
async function scan(page: Page): Promise<string> {
  const svg = page.locator('svg.qr')
  const side = Number((await svg.getAttribute('viewBox'))?.split(' ')[2])
  const path = (await svg.locator('path').getAttribute('d')) ?? ''
  const width = side * PIXELS
  const data = new Uint8Array(width * width * 4).fill(255)
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let row = 0; row < PIXELS; row++) {
      const start = ((Number(y) * PIXELS + row) * width + Number(x) * PIXELS) * 4
      data.fill(0, start, start + PIXELS * 4)
    }
  }
  return decodeQR({ width, height: width, data })
}

/** Opens a dialog by a row's button, fills it in, and does it. */
async function act({ page, row }: Desk, number: string, button: string, typed: Record<string, string> = {}) {
  await row(number)
    .getByRole('button', { name: `${button} ${number}`, exact: true })
    .click()
  for (const [field, value] of Object.entries(typed)) {
    const input = page.locator(`#act-${field}`)
    await (CHOICES.includes(field) ? input.selectOption(value) : input.fill(value))
  }
  await page.locator('#act-do').click()
}

const orderOf = ({ sandbox }: Desk, number: string) => sandbox.ledger.orders.get(number)

describe('the ledger of the sandbox’s page', { skip: !canRunBrowser() }, () => {
  test('shows an order as soon as it is placed; a click pays it, and its notice arrives', async ({ browser }) => {
    const desk = await openDesk(browser)
    const { page, merchant, row } = desk
    await desk.open('ledger')
    await page.getByText('No order yet.').waitFor()
    const receiver = await startReceiver(merchant)
    await merchant.prepay('order-0001', { notify_url: receiver.url, description: '海边民宿 <img src=x>' })
    await row('order-0001').getByText('unpaid', { exact: true }).waitFor()
    await row('order-0001').getByText('海边民宿 <img src=x>').waitFor()
    await act(desk, 'order-0001', 'Pay …', { coupon: '800' })
    await row('order-0001').getByText('paid', { exact: true }).waitFor()
    await page.locator('#done', { hasText: 'Paid: transaction 4200' }).waitFor()
    expect(orderOf(desk, 'order-0001')).toMatchObject({ state: 'SUCCESS', payment: { couponFen: 800 } })
    await expect.poll(() => receiver.received).toHaveLength(1)
    await page.getByRole('link', { name: 'Notices' }).click()
    await row('order-0001').getByText('taken', { exact: true }).waitFor()
    await row('order-0001').getByText('204', { exact: true }).waitFor()
  })

  test('a phone that scans the QR code pays there', async ({ browser }) => {
    const desk = await openDesk(browser, { isOnNetwork: true })
    const { page, merchant, row } = desk
    const body = { ...merchant.prepayBody('order-0001'), payer: undefined }
    expect((await merchant.call('POST', '/v3/pay/transactions/native', body)).status).toBe(200)
    await desk.open('ledger')
    await row('order-0001').getByRole('button', { name: 'QR code …' }).click()
    const url = await scan(page)
    expect(url).toMatch(/^http:\/\/box\.test:\d+\/#\/pay\/order-0001$/)
    await page.setViewportSize({ width: 390, height: 844 })
    await page.goto('about:blank')
    await page.goto(url)
    await page.getByText('¥100.00').waitFor()
    await page.locator('#pay-openid').fill('o_phone')
    await page.locator('#pay-do').click()
    await page.locator('#paid').waitFor()
    expect(orderOf(desk, 'order-0001')).toMatchObject({ state: 'SUCCESS', openid: 'o_phone' })
  })

  test('says what a phone needs where the page is open at this machine’s own address', async ({ browser }) => {
    const desk = await openDesk(browser)
    const { page, merchant, row } = desk
    await merchant.prepay('order-0001')
    await desk.open('ledger')
    await row('order-0001').getByRole('button', { name: 'QR code …' }).click()
    await page.locator('#loopback', { hasText: 'ALLOW_SANDBOX_ON_NETWORK=true' }).waitFor()
    expect(await page.locator('svg.qr').count()).toBe(0)
    await page.getByRole('link', { name: 'Open the phone’s page here' }).click()
    await page.locator('#pay-do').click()
    await page.locator('#paid').waitFor()
    expect(orderOf(desk, 'order-0001')?.state).toBe('SUCCESS')
  })

  test.for([
    ['code_url', 'native', {}],
    ['h5_url', 'h5', { scene_info: { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } } }],
  ] as const)('a pasted %s is paid', async ([field, way, extra], { browser }) => {
    const desk = await openDesk(browser)
    const { page, merchant, row } = desk
    const body = { ...merchant.prepayBody('order-0001'), payer: undefined, ...extra }
    const { json } = await merchant.call('POST', `/v3/pay/transactions/${way}`, body)
    await desk.open('ledger')
    await page.getByText('Pay as a phone that scans').click()
    await page.locator('#pay-code-code').fill('weixin://wxpay/bizpayurl?pr=unknown')
    desk.allowErrors('/sandbox/pay')
    await page.locator('#pay-code-do').click()
    await page.getByRole('alert').filter({ hasText: 'This prepay_id was never issued' }).waitFor()
    await page.locator('#pay-code-code').fill(String(json[field]))
    await page.locator('#pay-code-openid').fill('o_scanner')
    await page.locator('#pay-code-do').click()
    await row('order-0001').getByText('paid', { exact: true }).waitFor()
    expect(orderOf(desk, 'order-0001')).toMatchObject({ state: 'SUCCESS', openid: 'o_scanner' })
    expect(await page.locator('#pay-code-code').inputValue()).toBe('')
  })

  test('a bank that is late pays a closed order', async ({ browser }) => {
    const desk = await openDesk(browser)
    const { merchant, row } = desk
    await merchant.prepay('order-0001')
    await merchant.close('order-0001')
    await desk.open('ledger')
    await row('order-0001').getByText('closed', { exact: true }).waitFor()
    expect(await row('order-0001').getByRole('button', { name: 'Pay … order-0001', exact: true }).count()).toBe(0)
    await act(desk, 'order-0001', 'Pay late …')
    await row('order-0001').getByText('paid', { exact: true }).waitFor()
    expect(orderOf(desk, 'order-0001')?.state).toBe('SUCCESS')
  })

  test('a refund ends as it is told to, and an abnormal one is sent elsewhere', async ({ browser }) => {
    const desk = await openDesk(browser)
    const { merchant, sandbox, row } = desk
    await merchant.prepay('order-0001')
    sandbox.payLate('order-0001')
    for (const number of ['refund-1', 'refund-2', 'refund-3'])
      await merchant.refund(merchant.refundBody('order-0001', number, 100))
    await desk.open('ledger/refunds')
    await row('refund-1').getByRole('button', { name: 'Let it succeed' }).click()
    await row('refund-1').getByText('success', { exact: true }).waitFor()
    await row('refund-2').getByRole('button', { name: 'Close it' }).click()
    await row('refund-2').getByText('closed', { exact: true }).waitFor()
    await row('refund-3').getByRole('button', { name: 'Let it be abnormal' }).click()
    await row('refund-3').getByText('abnormal', { exact: true }).waitFor()
    await act(desk, 'refund-3', 'Send elsewhere …', { end: 'SUCCESS' })
    await row('refund-3').getByText('processing', { exact: true }).waitFor()
    const statuses = [...sandbox.ledger.refunds.values()].map(({ status }) => status)
    expect(statuses).toEqual(['SUCCESS', 'CLOSED', 'PROCESSING'])
  })

  test('an operator refunds manually; too much is refused in words', async ({ browser }) => {
    const desk = await openDesk(browser)
    const { page, merchant, sandbox, row } = desk
    await merchant.prepay('order-0001')
    sandbox.payLate('order-0001')
    await desk.open('ledger')
    desk.allowErrors('/sandbox/manual-refund')
    await act(desk, 'order-0001', 'Refund manually …', { refundFen: '10001' })
    await page.getByRole('alert').filter({ hasText: '申请退款金额大于订单可退金额' }).waitFor()
    await page.locator('#act-refundFen').fill('2800')
    await page.locator('#act-end').selectOption('ABNORMAL')
    await page.locator('#act-do').click()
    await row('order-0001').getByText('refunded, or in part').waitFor()
    expect([...sandbox.ledger.refunds.values()]).toMatchObject([{ refundFen: 2800, end: { status: 'ABNORMAL' } }])
  })

  test('a buyer complains, and says more', async ({ browser }) => {
    const desk = await openDesk(browser)
    const { page, merchant, sandbox, row } = desk
    await merchant.prepay('order-0001')
    sandbox.payLate('order-0001')
    await desk.open('ledger')
    await act(desk, 'order-0001', 'Complain …', { text: '房间没有热水', problemType: 'SERVICE_NOT_WORK' })
    await page.locator('#done', { hasText: 'is made' }).waitFor()
    const [complaint] = [...sandbox.ledger.complaints.values()]
    expect(complaint).toMatchObject({ problemType: 'SERVICE_NOT_WORK', text: '房间没有热水' })
    const number = complaint?.complaintId ?? ''
    await desk.open('ledger/complaints')
    await row(number).getByText('房间没有热水').waitFor()
    await act(desk, number, 'Say more …', { text: '还是没有' })
    await row(number).getByText('还是没有').waitFor()
  })

  test('sends a notice again, and says what was answered', async ({ browser }) => {
    const desk = await openDesk(browser)
    const { page, merchant, sandbox } = desk
    const receiver = await startReceiver(merchant)
    await merchant.prepay('order-0001', { notify_url: receiver.url })
    sandbox.payLate('order-0001')
    await desk.open('ledger')
    await act(desk, 'order-0001', 'Notify again …', { copies: '2' })
    await page.locator('#done', { hasText: 'answered: 204, 204' }).waitFor()
    await expect.poll(() => receiver.received).toHaveLength(3)
  })

  test('shows messages and consents', async ({ browser }) => {
    const desk = await openDesk(browser)
    const { page, sandbox } = desk
    const templateId = sandbox.credentials.templates.refunded
    sandbox.consent({ openid: 'o_alice', accepted: [templateId] })
    await desk.open('ledger/consents')
    await desk.row(templateId).getByText('1 more may be sent').waitFor()
    await desk.open('ledger/messages')
    await page.getByText('There is nothing here.').waitFor()
  })

  test('draws the newest hundred, and finds the others by their number', async ({ browser }) => {
    const desk = await openDesk(browser)
    const { page, merchant, row } = desk
    const numbers = Array.from({ length: 101 }, (_, index) => `order-${String(index).padStart(4, '0')}`)
    for (const number of numbers) await merchant.prepay(number)
    await desk.open('ledger')
    await page.getByText('The newest 100 of 101.').waitFor()
    expect(await page.locator('.row').first().getAttribute('data-number')).toBe('order-0100')
    expect(await row('order-0000').count()).toBe(0)
    await page.locator('#look-for').fill('order-0000')
    await row('order-0000').waitFor()
    expect(await page.locator('.row').count()).toBe(1)
    await page.locator('#look-for').fill('nowhere')
    await page.getByText('Nothing mentions “nowhere”.').waitFor()
  })
})
