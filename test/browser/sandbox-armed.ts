import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { listen } from '../harness/listen.ts'
import { type Desk, expect, type merchantOf } from './sandbox-fixtures.ts'

/** A fault as somebody chooses it on the page, in the page's English. */
export interface Chosen {
  where: string
  what: string
  /** Fields by their names. */
  fields?: Record<string, string>
}

/** Arms a fault by clicks, for the next call or notice alone, on the open view; nothing else is armed. */
export async function arm({ page }: Desk, { where, what, fields = {} }: Chosen): Promise<void> {
  await page.getByLabel('Where').selectOption({ label: where })
  await page.getByRole('radio', { name: new RegExp(`^${what} `) }).click()
  for (const [name, value] of Object.entries(fields)) {
    const field = page.getByLabel(name, { exact: true })
    if (await field.evaluate((element) => element.tagName === 'SELECT')) await field.selectOption(value)
    else await field.fill(value)
  }
  await page.getByRole('button', { name: 'Arm', exact: true }).click()
  const armed = () => page.locator('#armed li').allInnerTexts()
  await expect.poll(armed).toEqual([expect.stringMatching(new RegExp(`^${what}\\s+once more`))])
}

/** The fault has hit: it isn't armed any more. */
export async function expectUsed({ sandbox }: Desk): Promise<void> {
  await expect.poll(() => sandbox.faults.list()).toEqual([])
}

export interface Arrival {
  noticeId: string
  signature: string
  isSigned: boolean
  /** Undefined where the merchant's key doesn't open it. */
  content: Record<string, unknown> | undefined
  arrivedAt: number
}

/** A merchant's endpoint that takes notices which are signed and can be opened, and refuses any other. */
export async function takeNotices(merchant: ReturnType<typeof merchantOf>) {
  const arrivals: Arrival[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { isSigned, content } = read(merchant, request.headers, body)
      const signature = String(request.headers['wechatpay-signature'])
      const { id: noticeId } = JSON.parse(body) as { id: string }
      arrivals.push({ noticeId, signature, isSigned, content, arrivedAt: Date.now() })
      response.writeHead(isSigned && content ? 204 : 401).end()
    })
  })
  const port = await listen(server)
  onTestFinished(() => server.close().closeAllConnections())
  return { arrivals, url: `http://127.0.0.1:${port}/wechat/pay/notify` }
}

function read(
  { isSigned, readNotice }: ReturnType<typeof merchantOf>,
  headers: Parameters<typeof readNotice>[0],
  body: string,
): Pick<Arrival, 'isSigned' | 'content'> {
  try {
    return { isSigned: isSigned(headers, body), content: readNotice(headers, body).content }
  } catch {
    return { isSigned: isSigned(headers, body), content: undefined }
  }
}
