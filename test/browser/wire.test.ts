import { buyAsGuest, canRunBrowser, describe, expect, test } from './fixtures.ts'

describe('the rows of the diagram', { skip: !canRunBrowser() }, () => {
  test('each row of a purchase says which order it is about, whoever sent it', async ({ visit }) => {
    const { page } = visit
    await buyAsGuest(visit)
    await page.locator('#tab-stays').click()
    await page.locator('.stay').first().click()
    await page.locator('#book').click()
    await page.locator('#pay').waitFor()
    const read = () =>
      page.evaluate<string[][]>(
        `[...document.querySelectorAll('.row-text')].map((row) =>
          [row.querySelector('.row-title').textContent, row.querySelector('.row-order')?.title ?? ''])`,
      )
    const messages = async () => (await read()).filter(([title]) => title === '订阅消息')
    await expect.poll(messages).toEqual([
      ['订阅消息', expect.stringMatching(/^HO/)],
      ['订阅消息', expect.stringMatching(/^HO/)],
    ])
    const rows = await read()
    const [first = '', second = ''] = [...new Set(rows.map(([, sn]) => sn).filter(Boolean))]
    expect(first).toMatch(/^HO/)
    expect(second).toMatch(/^HO/)
    const about = (sn: string) => rows.filter(([, of]) => of === sn).map(([title]) => title)
    expect(about(first)).toEqual(
      expect.arrayContaining([
        'createHomestayOrder',
        'wxPay',
        'prepay',
        '付款',
        'TRANSACTION.SUCCESS',
        'homestayOrder',
      ]),
    )
    expect(about(first).filter((title) => title === 'paymentStatusChanged').length).toBeGreaterThan(1)
    expect(about(second)).toContain('createHomestayOrder')
    expect(about('')).toEqual(expect.arrayContaining(['wxLogin', 'homestays', 'WebSocket']))
  })
})
