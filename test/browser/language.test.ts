import { bookAsGuest, canRunBrowser, describe, desktop, expect, tapPay, test, type Visit } from './fixtures.ts'

/** What the order's page says when WeChat is down as the guest taps "pay". */
async function refusal(visit: Visit): Promise<string> {
  const { page, app } = visit
  app.sandbox.faults.add({ endpoint: 'prepay', kind: 'service-unavailable' })
  await bookAsGuest(visit)
  await tapPay(visit)
  return page.locator('.failure').innerText()
}

describe('the language of what the server says', { skip: !canRunBrowser() }, () => {
  for (const [from, to, text] of [
    ['zh-CN', 'English', 'WeChat gives no answer at the moment'],
    ['en-US', 'Chinese', '微信暂时没有应答'],
  ] as const) {
    describe(`in a browser set to ${from}`, () => {
      test.override({ device: { ...desktop, locale: from } })

      test(`a refusal comes in ${to} once the page is switched to it, whatever the browser prefers`, async ({
        visit,
      }) => {
        await visit.page.locator('#language').click()
        expect(await refusal(visit)).toContain(text)
      })

      test(`the socket asks for ${to} once the page is switched to it`, async ({ visit }) => {
        const { page } = visit
        await page.locator('#language').click()
        const opened = page.waitForEvent('websocket')
        await bookAsGuest(visit)
        const sent = opened.then((socket) => socket.waitForEvent('framesent'))
        await tapPay(visit)
        const { type, payload } = JSON.parse(String((await sent).payload))
        expect(type).toBe('connection_init')
        expect(payload.language).toBe(to === 'English' ? 'en' : 'zh-CN')
      })
    })
  }
})
