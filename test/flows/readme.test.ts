import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { createDataDir, start } from '../harness/processes.ts'

/**
 * Runs the README's purchase as it is printed: each request with the numbers that the answers before it gave, and each
 * answer compared with the printed one. `UPDATE_README=true npx vitest run test/flows/readme.test.ts` prints it anew.
 */
const UPDATE = process.env['UPDATE_README'] === 'true'

interface Block {
  language: string
  text: string
}

/** The values that differ from run to run, by their format. */
const volatile: [RegExp, string][] = [
  [/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/, 'token'],
  [/^HO\d{8}[0-9A-Z]{18}$/, 'order'],
  [/^PA\d{8}[0-9A-Z]{18}$/, 'payment'],
  [/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, 'instant'],
  [/^\d{10}$/, 'seconds'],
  [/^wx[0-9a-f]{16}$/, 'app'],
  [/^prepay_id=\w+$/, 'package'],
  [/^[0-9A-Za-z]{32}$/, 'nonce'],
  [/^[A-Za-z0-9+/]{342}==$/, 'signature'],
  [/^\d{28}$/, 'transaction'],
  [/^[2-9A-HJKMNP-Z]{8}$/, 'code'],
  [/^[\w-]{43}$/, 'template'],
]

/** Placeholders of a fresh README, by the field whose answer fills them. */
const placeholders: Record<string, string> = {
  sn: 'ORDER_SN',
  paymentSn: 'PAYMENT_SN',
  appId: 'APP_ID',
  timeStamp: 'TIME_STAMP',
  nonceStr: 'NONCE_STR',
  package: 'PACKAGE',
  paySign: 'PAY_SIGN',
  tradeCode: 'TRADE_CODE',
}

function blocksOf(page: string): Block[] {
  const fences = page.slice(page.indexOf('## Try it'), page.indexOf('## How a payment travels'))
  return [...fences.matchAll(/```(\w+)\n([^]*?)```/g)].map(([, language = '', text = '']) => ({ language, text }))
}

function withoutVolatile(value: unknown): unknown {
  if (typeof value === 'string') return volatile.find(([form]) => form.test(value))?.[1] ?? value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutVolatile(part)]))
}

/** Each printed value, with this run's value for it. */
function* pairs(printed: unknown, actual: unknown, field = ''): Generator<[from: string, to: string]> {
  if (typeof actual === 'string') {
    if (typeof printed === 'string') yield [printed, actual]
    else if (placeholders[field]) yield [placeholders[field], actual]
  } else if (typeof actual === 'object' && actual !== null) {
    const before = (printed ?? {}) as Record<string, unknown>
    for (const [key, part] of Object.entries(actual)) yield* pairs(before[key], part, key)
  }
}

describe('the README', () => {
  let page = ''
  afterAll(async () => {
    if (UPDATE && page) await writeFile('README.md', page)
  })

  test('runs the purchase of the README as printed', async () => {
    const printedPage = await readFile('README.md', 'utf8')
    page = printedPage
    const { url, wechatUrl } = await start(await createDataDir())
    const renamed = new Map([
      ['http://127.0.0.1:4000', url],
      ['http://127.0.0.1:4010', wechatUrl],
    ])
    const actualOf = (text: string) => [...renamed].reduce((now, [from, to]) => now.replaceAll(from, to), text)
    let token = ''
    let pending: Promise<unknown>[] = []

    const ask = async (query: string) => {
      const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
      const answer = (await response.json()) as { data: Record<string, { accessToken?: string }> }
      token = answer.data?.['wxLogin']?.accessToken ?? token
      return answer
    }
    const compare = async (printed: string, answer: Promise<unknown>) => {
      const actual = await answer
      for (const [from, to] of pairs(JSON.parse(printed), actual)) renamed.set(from, to)
      if (UPDATE) page = page.replace(printed, `${JSON.stringify(actual, null, 2)}\n`)
      expect(withoutVolatile(actual)).toEqual(withoutVolatile(UPDATE ? actual : JSON.parse(printed)))
    }

    const run = async ({ language, text }: Block) => {
      const request = actualOf(text)
      if (language === 'json')
        return compare(text, pending.shift() ?? Promise.reject(new Error(`whose answer? ${text}`)))
      if (request.startsWith('subscription')) pending = subscribe(url, token, request, 2)
      else if (request.startsWith('curl')) pending.unshift(shell(request))
      else if (language === 'graphql')
        pending.unshift(request.includes('homestayOrder(') ? untilUsable(ask, request) : ask(request))
    }
    for (const block of blocksOf(printedPage)) await run(block)
    expect(renamed.size).toBeGreaterThan(10)
    if (UPDATE)
      for (const [from, to] of renamed) if (/^[A-Z_]+$/.test(from)) page = page.replaceAll(`"${from}"`, `"${to}"`)
  })
})

async function shell(command: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)('bash', ['-c', command])
  return JSON.parse(stdout)
}

/** Waits for the worker: a person would read the order some seconds later. */
async function untilUsable(ask: (query: string) => Promise<unknown>, query: string): Promise<unknown> {
  await expect.poll(async () => JSON.stringify(await ask(query))).toContain('WAIT_USE')
  return ask(query)
}

/** The first `count` events of a subscription, each as a promise. */
function subscribe(url: string, token: string, query: string, count: number): Promise<unknown>[] {
  const events = Array.from({ length: count }, () => Promise.withResolvers<unknown>())
  const read = async () => {
    const headers = {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
    }
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
    let text = ''
    let seen = 0
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString()
      const whole = [...text.matchAll(/^data: (\{.*\})$/gm)]
      for (const [, json = ''] of whole.slice(seen, count)) events[seen++]?.resolve(JSON.parse(json))
      if (seen === count) return
    }
    throw new Error(`the subscription ended after: ${text}`)
  }
  read().catch((error: unknown) => events.forEach((event) => event.reject(error)))
  return events.map((event) => event.promise)
}
