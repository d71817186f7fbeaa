import { bookAsGuest, canRunBrowser, describe, expect, tapPay, test } from './fixtures.ts'

describe('a failure on the page', { skip: !canRunBrowser() }, () => {
  test('the request id of a refusal is shown, and of an expected failure as well', async ({ visit }) => {
    const { page, app } = visit
    const idOf = async (operation: string) => {
      const isIt = (post: string | null) => post?.includes(operation) === true
      const response = await page.waitForResponse((each) => isIt(each.request().postData()))
      return (await response.headerValue('x-request-id')) ?? 'none'
    }
    await bookAsGuest(visit)

    app.sandbox.faults.add({ endpoint: 'prepay', kind: 'service-unavailable' })
    const refused = idOf('wxPay')
    await tapPay(visit)
    await page.locator('.failure').waitFor()
    expect(await page.locator('.failure').innerText()).toContain('微信暂时没有应答')
    expect(await page.locator('.failure-detail').innerText()).toBe(`请求号 ${await refused}`)
    const row = page.locator('.row', { hasText: 'WECHAT_UNAVAILABLE' })
    await row.locator('summary').click()
    expect(await row.locator('.row-when').innerText()).toContain(await refused)

    await app.deps.db.session.deleteMany()
    const signedOut = idOf('wxPay')
    await page.locator('#pay').click()
    await page.locator('.welcome-form .failure').waitFor()
    expect(await page.locator('.failure-detail').innerText()).toBe(`请求号 ${await signedOut}`)
  })
})
