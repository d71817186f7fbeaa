import {
  bookAsGuest,
  buyAsGuest,
  canRunBrowser,
  type Device,
  describe,
  desktop,
  expect,
  payAsGuest,
  phone,
  tapPay,
  test,
  type Visit,
} from './fixtures.ts'

const devices: [string, Device][] = [
  ['desktop', { ...desktop, locale: 'en-US' }],
  ['phone', phone],
]

/** What the order's page says of a message. */
function statusOf({ page }: Visit, kind: 'ORDER_PAID' | 'CHECK_IN' | 'REFUNDED') {
  return expect.poll(() => page.locator(`#message-${kind}`).innerText())
}

/** The entry code that arrived as a message; undefined while none did. */
function codeReceived({ app }: Visit): string | undefined {
  return app.sandbox.messages().flatMap(({ data }) => data['character_string4']?.value ?? [])[0]
}

/** What the guest answered for the order, by the kind of message, as the server knows it. */
async function answersKnown({ app }: Visit) {
  const rows = await app.deps.db.messageConsent.findMany()
  const { templates } = app.sandbox.credentials
  const kinds = new Map(Object.entries(templates).map(([kind, id]) => [id, kind]))
  return Object.fromEntries(rows.map(({ templateId, isAccepted }) => [kinds.get(templateId), isAccepted]))
}

describe.for(devices)('the question about messages on a %s', { skip: !canRunBrowser() }, ([, device]) => {
  test.override({ device })

  test('accepted: the message with the entry code arrives, and the order says that it was sent', async ({ visit }) => {
    const { page } = visit
    await buyAsGuest(visit)
    await statusOf(visit, 'CHECK_IN').toBe('sent')
    await statusOf(visit, 'ORDER_PAID').toBe('sent')
    expect(await page.locator('#ask-again').count()).toBe(0)
    const code = (await page.locator('#trade-code').innerText()).replaceAll(/\s/g, '')
    expect(codeReceived(visit)).toBe(code)
    await page.locator('#tab-messages').click()
    await page.locator('.messages', { hasText: code }).waitFor()
    expect(new Set(Object.values(await answersKnown(visit)))).toEqual(new Set([true]))
  })

  test('refused: the order says so, and a later consent from its page sends what was refused', async ({ visit }) => {
    const { page, app } = visit
    await bookAsGuest(visit)
    await payAsGuest(visit, 'refuse')
    await page.locator('#ticket').waitFor()
    await statusOf(visit, 'CHECK_IN').toBe('refused, not sent')
    await statusOf(visit, 'ORDER_PAID').toBe('refused, not sent')
    expect(app.sandbox.messages()).toEqual([])

    await page.locator('#ask-again').click()
    await page.locator('#consent-allow').click()
    await statusOf(visit, 'CHECK_IN').toBe('sent')
    await statusOf(visit, 'ORDER_PAID').toBe('sent')
    expect(codeReceived(visit)).toBe((await page.locator('#trade-code').innerText()).replaceAll(/\s/g, ''))
    expect(await page.locator('#ask-again').count()).toBe(0)
  })

  test('one of several templates can be refused, and is the only one that does not arrive', async ({ visit }) => {
    const { page, app } = visit
    await bookAsGuest(visit)
    await page.locator('#pay').click()
    await page.locator('#consent-ORDER_PAID').uncheck()
    await page.locator('#consent-allow').click()
    await page.locator('#pay-now').click()
    await statusOf(visit, 'CHECK_IN').toBe('sent')
    await statusOf(visit, 'ORDER_PAID').toBe('refused, not sent')
    expect(app.sandbox.messages()).toHaveLength(1)
  })

  test('the question comes before the pay sheet, and hides nothing of it once it is answered', async ({ visit }) => {
    const { page } = visit
    await bookAsGuest(visit)
    await page.locator('#pay').click()
    // The payment is open by now: it waits for no answer.
    await page.locator('#pay-status', { hasText: 'PENDING' }).waitFor({ state: 'attached' })
    expect(await page.locator('#consent-allow').isVisible()).toBe(true)
    expect(await page.locator('#pay-now').count()).toBe(0)
    await page.keyboard.press('Escape')
    await page.locator('#pay-now').waitFor()
    expect(await page.locator('[role=dialog]').count()).toBe(1)
    expect(await page.evaluate('document.activeElement.id')).toBe('pay-now')
    expect(await answersKnown(visit), 'closed without an answer').toEqual({})
  })
})

describe('a payment whose question about messages goes wrong', { skip: !canRunBrowser() }, () => {
  test.override({ device: phone })

  test('the payment waits neither for WeChat to take the answer nor for the server to record it', async ({ visit }) => {
    const { page, app } = visit
    const released = Promise.withResolvers<void>()
    await page.route('**/sandbox/consent', async (route) => {
      await released.promise
      return route.continue()
    })
    await bookAsGuest(visit)
    await payAsGuest(visit)
    await page.locator('#ticket').waitFor()
    await statusOf(visit, 'CHECK_IN').toBe('refused, not sent')
    expect(app.sandbox.messages()).toEqual([])
    released.resolve()
    await statusOf(visit, 'CHECK_IN').toBe('sent')
  })

  test('without templates nobody is asked, and the payment goes on', async ({ visit }) => {
    const { page } = visit
    await page.route('**/graphql', (route) =>
      route.request().postData()?.includes('messageTemplates') ? route.abort() : route.fallback(),
    )
    visit.allowErrors('/graphql')
    await bookAsGuest(visit)
    await page.locator('#pay').click()
    await page.locator('#pay-now').click()
    await page.locator('#ticket').waitFor()
  })

  test('an answer that never reaches the server keeps no message back: WeChat has it', async ({ visit }) => {
    const { page } = visit
    await page.route('**/graphql', (route) =>
      route.request().postData()?.includes('recordMessageConsent') ? route.abort() : route.fallback(),
    )
    visit.allowErrors('/graphql')
    await bookAsGuest(visit)
    await tapPay(visit)
    await page.locator('#pay-now').click()
    await statusOf(visit, 'CHECK_IN').toBe('sent')
    expect(await answersKnown(visit)).toEqual({})
  })
})
