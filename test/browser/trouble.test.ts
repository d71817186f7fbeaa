import {
  bookAsGuest,
  buyAsGuest,
  canRunBrowser,
  describe,
  desktop,
  expect,
  holdQueries,
  tapPay,
  test,
} from './fixtures.ts'

describe('trouble that the page makes', { skip: !canRunBrowser() }, () => {
  test.override({ device: { ...desktop, locale: 'en-US' } })

  test('while WeChat is down a tap on pay says so, also after a reload, and goes through once it is back', async ({
    visit,
  }) => {
    const { page } = visit
    await bookAsGuest(visit)
    await page.locator('#wechat503').check()
    await tapPay(visit)
    await page.locator('.failure').waitFor()
    expect(await page.locator('.sheet').count()).toBe(0)
    await page.reload()
    await page.locator('#pay').waitFor()
    await expect.poll(() => page.locator('#wechat503').isChecked()).toBe(true)
    await page.locator('#wechat503').uncheck()
    // Some seconds may pass until the server tries WeChat again.
    const tap = async () => {
      await tapPay(visit)
      await page.locator('#pay-now, .failure').first().waitFor()
      return page.locator('#pay-now').isVisible()
    }
    await expect.poll(tap).toBe(true)
    await page.locator('#pay-now').click()
    await page.locator('#ticket').waitFor()
  })

  test('a notice of a wrong amount puts the payment under review, until a query reports the right one', async ({
    visit,
  }) => {
    const { page, app, traffic } = visit
    await bookAsGuest(visit)
    await page.getByLabel('wrong amount').check()
    await tapPay(visit)
    await page.locator('#pay-now').waitFor()
    const queries = await holdQueries(visit)
    await page.locator('#pay-now').click()
    await page.locator('#under-review').waitFor()
    queries.release()
    await page.locator('#ticket').waitFor()
    expect(await app.deps.db.paymentMismatch.findMany()).toMatchObject([{ subject: 'MONEY' }])
    expect(await app.deps.db.payment.findMany()).toMatchObject([{ status: 'SUCCESS', underReviewAt: null }])
    const rows = await traffic()
    expect(rows.filter((row) => row.startsWith('TRANSACTION.SUCCESS'))).toEqual(
      expect.arrayContaining([expect.stringContaining('lost'), 'TRANSACTION.SUCCESS 204']),
    )
    expect(rows.find((row) => row.startsWith('queries the order'))).toContain('SUCCESS')
  })

  test('a refund that ends ABNORMAL is on its way until an operator sends it to another account', async ({ visit }) => {
    const { page, traffic } = visit
    await buyAsGuest(visit)
    expect(await page.locator('#refundElsewhere').count()).toBe(0)
    await page.getByLabel('ends ABNORMAL').check()
    await page.locator('#refund').click()
    await expect.poll(traffic).toContain('refund ABNORMAL')
    expect(await page.locator('#story').innerText()).toContain('is on its way back')
    await page.locator('#refundElsewhere').click()
    await expect.poll(() => page.locator('#story').innerText()).toContain('went back to where it came from')
    expect(await traffic()).toContainEqual(expect.stringMatching(/^paymentStatusChanged REFUNDED/))
  })
})
