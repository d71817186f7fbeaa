import { takeNotices } from './sandbox-armed.ts'
import { canRunBrowser, describe, expect, merchantOf, openDesk, test } from './sandbox-fixtures.ts'

const HOUR = 3600
const DAY = 86_400

/** The time in Beijing so many seconds from now, as the page's field takes it. */
function inBeijing(aheadSeconds: number): string {
  return new Date(Date.now() + (aheadSeconds + 8 * HOUR) * 1000).toISOString().slice(0, 16)
}

describe.skipIf(!canRunBrowser())('the clock on the page', () => {
  test('is moved by what matters, and set back', async ({ browser }) => {
    const { page, open, sandbox } = await openDesk(browser)
    await open('clock')
    const offset = () => page.locator('#offset').innerText()
    expect(await offset()).toBe('the machine’s time')
    for (const [button, shown] of [
      ['1 minute on', '1 min ahead of the machine'],
      ['30 minutes on', '31 min ahead of the machine'],
      ['2 hours on', '2 h 31 min ahead of the machine'],
      ['1 day on', '1 d 2 h 31 min ahead of the machine'],
    ] as const) {
      await page.getByRole('button', { name: button }).click()
      await expect.poll(offset).toBe(shown)
    }
    const clock = (await (await fetch(`${sandbox.url}/sandbox/clock`)).json()) as { aheadSeconds: number }
    expect(clock.aheadSeconds).toBe(DAY + 2 * HOUR + 31 * 60)
    await page.getByRole('button', { name: 'Back to the machine’s time' }).click()
    await expect.poll(offset).toBe('the machine’s time')
  })

  test('is set to a time, and an order expires by it', async ({ browser }) => {
    const { page, open, merchant, allowErrors } = await openDesk(browser)
    allowErrors('/sandbox/clock')
    await merchant.prepay('order-0001')
    await open('clock')
    await page.getByLabel('Set it to, in Beijing').fill(inBeijing(8 * DAY))
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await expect.poll(() => page.locator('#offset').innerText()).toMatch(/^(7 d 23|8 d)/)
    const again = await merchant.call('POST', '/v3/pay/transactions/jsapi', merchant.prepayBody('order-0001'))
    expect(again).toMatchObject({ status: 400, json: { code: 'ORDER_CLOSED' } })
    await page.getByLabel('Set it to, in Beijing').fill(inBeijing(-800 * DAY))
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await expect.poll(() => page.locator('#time .failure').innerText()).toContain('/aheadSeconds')
  })

  test('goes on to 10:00 of the next day, when there is a bill of this one', async ({ browser }) => {
    const { page, open, merchant, sandbox } = await openDesk(browser)
    await merchant.prepay('order-0001')
    sandbox.payLate('order-0001')
    const today = inBeijing(0).slice(0, 10)
    const bill = () => merchant.call('GET', `/v3/bill/tradebill?bill_date=${today}`)
    expect((await bill()).status).toBe(400)
    await open('clock')
    await page.getByRole('button', { name: 'Next day, 10:00' }).click()
    await expect.poll(() => page.locator('.time-now time').innerText()).toMatch(/ 10:01:/)
    expect((await bill()).status).toBe(200)
  })
})

describe.skipIf(!canRunBrowser())('the keys on the page', () => {
  test('a new public key signs, and an earlier one answers who names it', async ({ browser }) => {
    const { page, open, merchant, sandbox } = await openDesk(browser)
    const earlier = sandbox.credentials.publicKeyId
    await open('clock')
    const keys = page.locator('#public-keys li')
    await expect.poll(() => keys.allInnerTexts()).toEqual([`${earlier}\nsigns`])
    await page.getByRole('button', { name: 'New public key' }).click()
    await expect.poll(() => keys.count()).toBe(2)
    const [newest = '', older] = await keys.allInnerTexts()
    expect(older).toBe(`${earlier}\nsigns when named`)
    expect(newest).toMatch(/^PUB_KEY_ID_\d+\nsigns$/)
    await keys.first().locator('summary').click()
    const publicKey = await keys.first().locator('pre').innerText()
    const publicKeyId = newest.split('\n')[0] ?? ''
    const renewed = merchantOf({ ...sandbox, credentials: { ...sandbox.credentials, publicKeyId, publicKey } })
    await merchant.prepay('order-0001')
    expect(await merchant.query('order-0001')).toMatchObject({ isSigned: true, signedBy: earlier })
    expect(await renewed.query('order-0001')).toMatchObject({ isSigned: true, signedBy: publicKeyId })
  })

  test('platform certificates sign once that is chosen, and two of them in turn', async ({ browser }) => {
    const { page, open, merchant } = await openDesk(browser)
    await open('clock')
    const certificates = page.locator('#certificates li')
    await page.getByText('None: the public key alone signs').waitFor()
    await page.getByLabel('What signs').selectOption('certificates')
    await expect.poll(() => certificates.allInnerTexts()).toEqual([expect.stringMatching(/^[0-9A-F]{40}\nsigns\n/)])
    await page.getByRole('button', { name: 'New certificate' }).click()
    await expect.poll(() => certificates.count()).toBe(2)
    const shown = (await certificates.allInnerTexts()).map((each) => each.slice(0, 40))
    expect(await certificates.first().innerText()).toContain('signs in turn')
    const call = { requestedSerial: null }
    await merchant.fetchCertificates(call)
    const signers = [1, 2].map(() => merchant.call('GET', '/v3/certificates', undefined, call))
    const answers = await Promise.all(signers)
    expect(answers.every(({ isSigned }) => isSigned)).toBe(true)
    expect(new Set(answers.map(({ signedBy }) => signedBy))).toEqual(new Set(shown))
  })
})

describe.skipIf(!canRunBrowser())('the settings on the page', () => {
  test('hold at once: each notice is a probe, and a refund is done', async ({ browser }) => {
    const { page, open, merchant, sandbox } = await openDesk(browser)
    const { arrivals, url } = await takeNotices(merchant)
    await merchant.prepay('order-0001', { notify_url: url })
    await open('clock')
    const set = async (name: string, value: string) => {
      await page.getByLabel(name).fill(value)
      await page.getByLabel(name).press('Enter')
    }
    await set('SIGNTEST in notices, in %', '100')
    await expect.poll(() => sandbox.settings().noticeProbePercent).toBe(100)
    sandbox.payLate('order-0001')
    await expect.poll(() => arrivals).toContainEqual(expect.objectContaining({ isSigned: false }))
    expect(arrivals[0]?.signature).toMatch(/^WECHATPAY\/SIGNTEST\//)
    await set('How long a refund takes, in ms', '5')
    await expect.poll(() => sandbox.settings().refundDelayMs).toBe(5)
    await merchant.refund(merchant.refundBody('order-0001', 'R1', 1000))
    await expect.poll(async () => (await merchant.queryRefund('R1')).json.status).toBe('SUCCESS')
    await page.getByRole('switch', { name: 'Bills are there at once' }).click()
    await expect.poll(() => sandbox.settings().billsAtOnce).toBe(true)
  })

  test('a value that is refused says why, and goes back', async ({ browser }) => {
    const { page, open, sandbox, allowErrors } = await openDesk(browser)
    allowErrors('/sandbox/settings')
    await open('clock')
    const field = page.getByLabel('SIGNTEST in answers, in %')
    await field.fill('101')
    await field.press('Enter')
    await expect.poll(() => page.locator('#settings .failure').innerText()).toContain('/answerProbePercent')
    await expect.poll(() => field.inputValue()).toBe('0')
    expect(sandbox.settings().answerProbePercent).toBe(0)
  })
})
