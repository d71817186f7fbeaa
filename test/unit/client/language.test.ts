import { afterEach, describe, expect, test, vi } from 'vitest'
import { createPayClient, type Wx } from '../../../client/src/pay-client.ts'
import { createWebPlatform } from '../../../client/src/web-platform.ts'
import { createScriptedWx } from './scripted-wx.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** The language that a request says on a phone like this. */
async function languageSent(phone: Partial<Wx>): Promise<string | undefined> {
  const { wx } = createScriptedWx({ answer: () => ({ data: {} }) })
  const headers: Record<string, string>[] = []
  const request: Wx['request'] = (option) => {
    headers.push(option.header)
    return wx.request(option)
  }
  const client = createPayClient({
    url: 'https://pay.example.com/graphql',
    token: () => 'token',
    wx: { ...wx, ...phone, request },
  })
  await client.paymentStatus('P1')
  client.close()
  return headers[0]?.['accept-language']
}

function refuse(): never {
  throw new Error('fail not supported')
}

describe('the language of the phone', () => {
  test.for<[what: string, phone: Partial<Wx>, language: string | undefined]>([
    ['as getAppBaseInfo says', { getAppBaseInfo: () => ({ language: 'zh_CN' }) }, 'zh_CN'],
    ['as getSystemInfoSync says, on an old one', { getSystemInfoSync: () => ({ language: 'zh_TW' }) }, 'zh_TW'],
    ['by the newer of both', { getAppBaseInfo: () => ({ language: 'en' }), getSystemInfoSync: refuse }, 'en'],
    ['not, where nothing says it', {}, undefined],
    ['not, where it is left out', { getAppBaseInfo: () => ({}) }, undefined],
    ['not, where asking fails', { getAppBaseInfo: refuse }, undefined],
  ])('is sent %s', async ([, phone, language]) => {
    expect(await languageSent(phone)).toBe(language)
  })

  test('is the browser’s, outside of WeChat', () => {
    vi.stubGlobal('navigator', { language: 'zh-CN' })
    expect(createWebPlatform({}).language).toBe('zh-CN')
    vi.stubGlobal('navigator', undefined)
    expect(createWebPlatform({}).language).toBeUndefined()
  })
})
