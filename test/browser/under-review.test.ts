import { settle } from '../../src/payment/settlement/settle.ts'
import { amountOf, paidReport } from '../harness/reports.ts'
import { bookAsGuest, canRunBrowser, describe, expect, phone, tapPay, test } from './fixtures.ts'

describe('a guest whose money does not fit the order', { skip: !canRunBrowser() }, () => {
  test.override({ device: phone })

  test('the order screen says that the payment is under review, and offers no second payment', async ({ visit }) => {
    const { page, app } = visit
    await bookAsGuest(visit)
    await tapPay(visit)
    await page.locator('#pay-now').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('#pay').waitFor()

    const payment = await app.deps.db.payment.findFirstOrThrow()
    await settle(app.deps, { transaction: paidReport(payment, { amount: amountOf(1) }), source: 'NOTICE' })

    await page.locator('#under-review').waitFor()
    expect(await page.locator('#order-state').innerText()).toBe('Under review')
    expect(await page.locator('#pay, #cancel').count()).toBe(0)
    expect(await page.locator('#hint').innerText()).toContain('an operator looks at it')
  })
})
