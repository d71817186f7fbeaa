import { canRunBrowser, describe, expect, openDesk, test } from './sandbox-fixtures.ts'

const HIDDEN = (isHidden: boolean) => `
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${isHidden} })
  document.dispatchEvent(new Event('visibilitychange'))`

describe('what the sandbox’s page shows', { skip: !canRunBrowser() }, () => {
  test('stays when the sandbox is away, with what is wrong above it', async ({ browser }) => {
    const desk = await openDesk(browser)
    const { page, merchant, sandbox, row } = desk
    await merchant.prepay('order-0001')
    await desk.open('ledger')
    await row('order-0001').waitFor()
    desk.allowErrors('/sandbox/ledger?newest=100')
    await sandbox.close()
    await page.getByRole('alert').filter({ hasText: 'The sandbox doesn’t answer' }).waitFor()
    expect(await row('order-0001').isVisible()).toBe(true)
  })

  test('says so when the sandbox made a mistake, and not that it is away', async ({ browser }) => {
    const desk = await openDesk(browser)
    desk.allowErrors('/sandbox/ledger?newest=100')
    await desk.page.route('**/sandbox/ledger*', (route) => route.fulfill({ status: 500 }))
    await desk.open('ledger')
    await desk.page.getByRole('alert').filter({ hasText: 'Something unexpected went wrong' }).waitFor()
  })

  test('is read again every second, and not at all in a hidden tab', async ({ browser }) => {
    const desk = await openDesk(browser)
    const { page, merchant, row } = desk
    let readings = 0
    page.on('request', (request) => (readings += request.url().includes('/sandbox/ledger') ? 1 : 0))
    await page.clock.install()
    await desk.open('ledger')
    await page.getByText('No order yet.').waitFor()
    const before = readings
    await page.clock.runFor(1000)
    await expect.poll(() => readings).toBe(before + 1)
    await page.evaluate(HIDDEN(true))
    await merchant.prepay('order-0001')
    await page.clock.runFor(60_000)
    expect(readings).toBe(before + 1)
    await page.evaluate(HIDDEN(false))
    await row('order-0001').waitFor()
    expect(readings).toBe(before + 2)
  })

  test('is in the language that is chosen, after a reload too', async ({ browser }) => {
    const desk = await openDesk(browser)
    const { page } = desk
    await desk.open('ledger')
    await page.locator('#language').click()
    await page.getByRole('heading', { name: '账本' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: '账本' }).waitFor()
    expect(await page.evaluate('document.documentElement.lang')).toBe('zh-CN')
  })
})
