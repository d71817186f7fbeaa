import { orderTexts } from '../../../src/order/texts.ts'
import { describe, expect } from '../../harness/app.ts'
import { test } from './person.ts'

describe('the host’s counter of examples/mini-program', () => {
  test('says in Chinese that a typed code is none, and keeps it to be mended', async ({ openPhone }) => {
    const host = await openPhone('o_demo_host')
    await host.openTab('pages/host/host')
    host.screen().trigger('typed', 'input', { value: 'ABCD2345' })

    host.tap('redeem')

    await expect.poll(() => host.screen().texts()).toContain(orderTexts.codeInvalid.zh)
    expect(host.screen().find('typed')?.getAttribute('value')).toBe('ABCD2345')
    expect(host.screen().find('arrived')).toBeNull()
  })

  test('stays as it is when the host closes the scanner', async ({ openPhone }) => {
    const host = await openPhone('o_demo_host')
    await host.openTab('pages/host/host')
    const before = host.screen().texts()

    host.tap('scan')

    expect(host.screen().texts()).toEqual(before)
    expect(host.fake.requests('plain').some((query) => query.includes('redeemTradeCode'))).toBe(false)
  })
})
