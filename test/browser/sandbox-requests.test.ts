import { canRunBrowser, describe, expect, openDesk, test } from './sandbox-fixtures.ts'

const prepayPath = '/v3/pay/transactions/jsapi'

describe.skipIf(!canRunBrowser())('the requests on the page', () => {
  test('a refusal says which field broke which rule, and where WeChat describes it', async ({ browser }) => {
    const { page, open, merchant } = await openDesk(browser)
    await merchant.call(
      'POST',
      prepayPath,
      merchant.prepayBody('order-0001', { notify_url: 'https://example.com/?a=1' }),
    )
    await open('requests')
    const row = page.locator('.request').first()
    await row.waitFor()
    expect(await row.locator('summary').innerText()).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3}\s+400\s+Prepay\s+POST \/v3\/pay\/transactions\/jsapi$/,
    )
    expect(await row.locator('.refusal-code').innerText()).toBe('PARAM_ERROR')
    expect(await row.locator('.refusal-field').innerText()).toBe('/notify_url')
    expect(await row.locator('.refusal-rule').innerText()).toBe(
      'is an https URL without a query; http is for loopback hosts alone',
    )
    expect(await row.locator('.refusal-message').innerText()).toContain('必须是不带参数的https地址')
    expect(await row.getByRole('link', { name: 'WeChat’s document' }).getAttribute('href')).toBe(
      'https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_5_1.shtml',
    )
  })

  test('a wrong signature shows the bytes that should have been signed', async ({ browser }) => {
    const { page, open, merchant } = await openDesk(browser)
    await merchant.call('POST', prepayPath, merchant.prepayBody('order-0001'), { signedBody: '{}' })
    await open('requests')
    const refusal = page.locator('.refusal')
    await expect.poll(() => refusal.innerText()).toMatch(/^SIGN_ERROR\s+signature\s+does not verify over these bytes/)
    expect(await refusal.innerText()).toContain(String.raw`POST\n/v3/pay/transactions/jsapi\n`)
    expect(await refusal.getByRole('link').getAttribute('href')).toContain('signature-generation')
  })

  test('come newest first while the page is open, with the fault that hit them', async ({ browser }) => {
    const { page, open, merchant, sandbox } = await openDesk(browser)
    await merchant.prepay('order-0001')
    await open('requests')
    const what = () => page.locator('.request summary').allInnerTexts()
    await expect.poll(what).toEqual([expect.stringContaining('Prepay')])
    sandbox.faults.add({ endpoint: 'query', kind: 'rate-limited', times: 1 })
    await merchant.query('order-0001')
    await expect
      .poll(what)
      .toEqual([
        expect.stringMatching(/429\s+Query of an order[^]+Fault: Too many calls: 429/),
        expect.stringContaining('Prepay'),
      ])
  })

  test('open to what was sent, without secrets, and stay open when others come', async ({ browser }) => {
    const { page, open, merchant, sandbox } = await openDesk(browser)
    const { appid, appSecret } = sandbox.credentials
    const login = new URLSearchParams({
      appid,
      secret: appSecret,
      js_code: 'code-alice',
      grant_type: 'authorization_code',
    })
    await fetch(`${sandbox.url}/sns/jscode2session?${login.toString()}`)
    await merchant.prepay('order-0001')
    await open('requests')
    const rows = page.locator('.request')
    await rows.nth(1).locator('summary').click()
    await rows.first().locator('summary').click()
    const details = rows.first().locator('.request-details')
    expect(await details.innerText()).toMatch(
      /authorization: WECHATPAY2-SHA256-RSA2048 mchid="\d+",[^]+signature="\*\*\*"/,
    )
    expect(await details.innerText()).toContain('"out_trade_no": "order-0001"')
    expect(await rows.nth(1).innerText()).toContain('secret=***')
    expect(await page.locator('main').innerText()).not.toContain(appSecret)
    await merchant.query('order-0001')
    await expect.poll(() => rows.count()).toBe(3)
    expect(await rows.nth(1).locator('.request-details').innerText()).toContain('order-0001')
  })

  test('can be cut down to the refused, and are drawn fifty at a time', async ({ browser }) => {
    const { page, open, merchant } = await openDesk(browser)
    await merchant.prepay('order-0001')
    await Promise.all(Array.from({ length: 60 }, () => merchant.query('order-0002')))
    await open('requests')
    const rows = page.locator('.request')
    await expect.poll(() => rows.count()).toBe(50)
    expect(await page.locator('#requests h2').innerText()).toMatch(/^Requests\s*61$/)
    await page.getByRole('button', { name: 'Show more (11 left)' }).click()
    await expect.poll(() => rows.count()).toBe(61)
    await page.getByRole('switch', { name: 'Refused only' }).click()
    await expect.poll(() => rows.count()).toBe(60)
    expect(await page.locator('.refusal').count()).toBe(60)
  })
})
