import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { beforeEach } from 'vitest'
import { bundleClient } from '../../../client/bundle.ts'
import { describe, expect } from '../../harness/app.ts'
import { CANCEL, type Phone, test } from './phone.ts'

interface PageOptions {
  data: Record<string, unknown>
  setData(change: Record<string, unknown>): void
  onLoad(query: { orderSn: string }): Promise<void>
  onPayTap(): Promise<void>
}

async function readExample(readme: string): Promise<string> {
  return /```js\n([\s\S]*?)```/.exec(await readFile(readme, 'utf8'))?.[1] ?? ''
}

/** The example of client/README.md, bundled like a mini-program. */
async function bundleExample(): Promise<string> {
  const example = await readExample('client/README.md')
  const folder = await mkdtemp(join(tmpdir(), 'looklook-page-'))
  const input = join(folder, 'page.js')
  await writeFile(input, example)
  const alias = {
    '@looklook-pay/client': join(process.cwd(), 'client/src/pay-client.ts'),
    'graphql-ws/client': join(process.cwd(), 'node_modules/graphql-ws/dist/client.js'),
  }
  const code = await bundleClient({ input, format: 'iife', alias })
  await rm(folder, { recursive: true })
  return code
}

/** Runs the page with nothing but what a mini-program offers: the language, timers, `wx` and `Page`. */
async function openPage(code: string, phone: Phone, serverUrl: string) {
  const redirects: string[] = []
  const toServer = <Option extends { url: string }>(option: Option): Option => ({
    ...option,
    url: option.url.replace('s://pay.example.com/graphql', serverUrl.replace('http', '')),
  })
  const { wx } = phone.fake
  let page: PageOptions | undefined
  const globals = {
    setTimeout,
    clearTimeout,
    wx: {
      ...wx,
      request: (option: Parameters<typeof wx.request>[0]) => wx.request(toServer(option)),
      connectSocket: (option: Parameters<typeof wx.connectSocket>[0]) => wx.connectSocket(toServer(option)),
      redirectTo: ({ url }: { url: string }) => redirects.push(url),
    },
    Page(options: PageOptions) {
      page = options
    },
  }
  runInContext(code, createContext(globals))
  if (!page) throw new Error('the example defines no page')
  page.setData = (change) => void Object.assign(page?.data ?? {}, change)
  await page.onLoad({ orderSn: phone.order.sn })
  return { page, redirects }
}

beforeEach<{ phone: Phone }>(({ phone }) => {
  phone.fake.onLogin = async () => `code-${phone.guest.nickname}`
})

describe('the mini-program page of client/README.md', () => {
  test('the page of client/README.md goes to the order once it is paid', async ({ graphql, phone }) => {
    phone.fake.onPaySheet = phone.confirm
    const { page, redirects } = await openPage(await bundleExample(), phone, graphql.url)

    await page.onPayTap()

    expect(redirects).toEqual([`/pages/order/order?sn=${phone.order.sn}`])
    expect(page.data).toMatchObject({ guest: phone.guest.nickname })
    expect(phone.fake.socketAttempts()).toBe(1)
  })

  test('the page of client/README.md receives the payment over a chunked request where sockets are refused', async ({
    graphql,
    phone,
  }) => {
    phone.fake.wx.connectSocket = () => {
      throw new Error('connectSocket:fail url not in domain list')
    }
    phone.fake.onPaySheet = async (sheet) => {
      await phone.confirm(sheet)
      await new Promise(() => {})
    }
    const { page, redirects } = await openPage(await bundleExample(), phone, graphql.url)

    await page.onPayTap()

    expect(redirects).toHaveLength(1)
    expect(phone.fake.requests('chunked')).toHaveLength(1)
  })

  test('the page of client/README.md shows that the order is unpaid when the guest cancels', async ({
    graphql,
    phone,
  }) => {
    phone.fake.onPaySheet = () => Promise.reject(CANCEL)
    const { page, redirects } = await openPage(await bundleExample(), phone, graphql.url)

    await page.onPayTap()

    expect(page.data).toMatchObject({ message: '订单尚未支付' })
    expect(redirects).toEqual([])
  })

  test('the page of client/README.md shows a refusal in Chinese', async ({ graphql, phone }) => {
    phone.fake.onLogin = async () => 'code-another-guest'
    const { page } = await openPage(await bundleExample(), phone, graphql.url)

    await page.onPayTap()

    expect(page.data).toMatchObject({ message: '找不到这个订单' })
  })

  test('the page of client/README.zh-CN.md is the same', async () => {
    expect(await readExample('client/README.zh-CN.md')).toBe(await readExample('client/README.md'))
  })
})
