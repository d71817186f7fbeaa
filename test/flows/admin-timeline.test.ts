import type { Page } from 'playwright-core'
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { seed } from '../../prisma/seed.ts'
import { openDatabase } from '../../src/infra/database.ts'
import { hasChromium, openChromium } from '../browser/chromium.ts'
import { confirm, deploy, purchase, stateOf } from '../harness/deployment.ts'
import { LONG_MS } from '../harness/patience.ts'
import { run, sendOperation } from '../harness/processes.ts'
import { amountOf, newTransactionId } from '../harness/reports.ts'

const HOMESTAY = 'demo-homestay-01'

/** A deployment that queries WeChat only when somebody reads, with the operator's command beside it. */
async function deployWithOperator() {
  const deployment = await deploy({ PAYMENT_RECHECK_SECONDS: '3600' })
  const db = openDatabase(deployment.databaseUrl, { poolSize: 1 })
  await seed(db)
  await db.$disconnect()
  const env = { ...deployment.settings, LOG_LEVEL: 'silent' }
  const admin = async (...args: string[]) => {
    const started = run(['node', 'src/admin.ts', ...args], { env })
    const { code } = await started.ended
    if (code !== 0) throw new Error(`admin ${args.join(' ')} ended with ${code}: ${started.output()}`)
    return started.output()
  }
  const openConsole = async () => {
    const started = run(['node', 'src/console.ts'], { env: { ...env, CONSOLE_PORT: '0' } })
    const [, url = ''] = await started.says(/The console is ready at (\S+)\/;/)
    const link = /#\S+$/m.exec(await admin('operator', 'add', 'Li Lei', '--role', 'viewer'))?.[0] ?? ''
    return openPage(`${url}/${link}`)
  }
  return { ...deployment, admin, openConsole }
}

/** A browser in which a link of the console's was opened. */
async function openPage(link: string): Promise<Page> {
  const browser = await openChromium()
  onTestFinished(() => browser.close())
  const page = await browser.newPage({ locale: 'en-US' })
  page.setDefaultTimeout(LONG_MS)
  await page.goto(link)
  await page.locator('#who').waitFor()
  return page
}

/** An entry as the page draws it. */
interface Drawn {
  /** From whom to whom. */
  way: string
  /** As the command prints it, but for the time and for the width of its columns. */
  line: string
}

const DRAWN = `[...document.querySelectorAll('.entry')].map((entry) => ({
  way: entry.querySelector('.way svg').getAttribute('aria-label'),
  line: [
    [...entry.classList].find((name) => name.startsWith('entry-')).slice('entry-'.length),
    entry.querySelector('.number').textContent,
    entry.querySelector('[lang=en]').textContent,
  ].join(' '),
}))`

/** Finds a number from the board, as an operator does. */
async function findOnPage(page: Page, number: string): Promise<Drawn[]> {
  await page.getByRole('link', { name: 'Now' }).click()
  await page.locator('#today-payments').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type(number)
  await page.keyboard.press('Enter')
  await page.locator('.view-title', { hasText: number }).waitFor()
  await page.locator('.entry').first().waitFor()
  return page.evaluate<Drawn[]>(DRAWN)
}

/** Those of the patterns that no line matches after the line of the one before. */
function missingInOrder(lines: string[], patterns: RegExp[]): RegExp[] {
  let next = 0
  return patterns.filter((pattern) => {
    const index = lines.findIndex((line, at) => at >= next && pattern.test(line))
    if (index >= 0) next = index + 1
    return index < 0
  })
}

/** Reads the payment as its guest does, which queries WeChat about a pending one. */
async function readPayment(url: string, sn: string, accessToken: string): Promise<string> {
  const query = 'query ($sn: ID!) { paymentStatus(sn: $sn) { status } }'
  const answer = await sendOperation<{ paymentStatus: { status: string } }>(url, query, { sn }, accessToken)
  return answer.paymentStatus.status
}

/** What happened, in order: from whom to whom, and what stands in its line. */
const STORY: [way: string, line: RegExp][] = [
  ['Guest → Books', /order HO\S+ booked for /],
  ['Guest → Books', /attempt \S+ attempt made/],
  ['Books → WeChat', /call .* POST \/v3\/pay\/transactions\/jsapi: 500 SYSTEM_ERROR in \d+ ms, Request-ID 08/],
  ['Books → WeChat', /call .* POST \/v3\/pay\/transactions\/jsapi: 200 in \d+ ms, Request-ID 08/],
  ['Books', /event .* PENDING by NOTICE, under review: AMOUNT, transaction \d+, 100\.00 yuan/],
  ['WeChat → Books', /notice .* TRANSACTION\.SUCCESS came, answered 204 in \d+ ms/],
  ['Books → WeChat', /call .* GET \/v3\/pay\/transactions\/out-trade-no\/\*: 200 SUCCESS in \d+ ms/],
  ['Books', /event .* PENDING -> SUCCESS by QUERY, transaction \d+/],
  ['Books → Guest', /message .* message ORDER_PAID enqueued/],
  ['Operator → Books', /act .* Li Lei by the command: review dismiss, because paid back on the platform/],
  ['Books', /event .* SUCCESS by Li Lei/],
  ['Books → WeChat', /call .* GET \/v3\/refund\/domestic\/refunds\/\*: 200/],
  ['Operator → Books', /act .* Han Meimei by the command: refunds adopt/],
  ['Books', /event .* SUCCESS -> REFUNDED by Han Meimei, refund \S+ SUCCESS/],
]

/** Lets all of this happen to one payment. @returns its numbers, and its guest. */
async function letHappen({ sandbox, startApi, startWorker, admin }: Awaited<ReturnType<typeof deployWithOperator>>) {
  const { url } = await startApi()
  await startWorker()
  sandbox.faults.add({ endpoint: 'prepay', kind: 'system-error', times: 1 })
  sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost' }, { endpoint: 'refund-notice', kind: 'lost' })

  const guest = await purchase(url, 'o_timeline_guest', HOMESTAY, 20)
  const sn = guest.params.paymentSn
  await confirm(sandbox, guest)
  const wrong = { transaction_id: newTransactionId(), amount: amountOf(10_000) }
  const sendWrong = () => sandbox.sendNotice(sn, { content: wrong, newId: true }).catch(() => [])
  await expect.poll(sendWrong).toEqual([204])
  await expect.poll(sendWrong).toEqual([204])
  await expect.poll(() => readPayment(url, sn, guest.accessToken)).toBe('SUCCESS')
  await expect.poll(() => stateOf(url, guest)).toMatchObject({ tradeState: 'WAIT_USE' })

  const { mismatches } = JSON.parse(await admin('review', 'list', '--json')) as { mismatches: { id: string }[] }
  expect(mismatches).toHaveLength(1)
  await admin('review', 'dismiss', mismatches[0]?.id ?? '', '--as', 'Li Lei', '--reason', 'paid back on the platform')
  const { outRefundNo } = sandbox.refundManually({ outTradeNo: sn })
  await expect.poll(() => sandbox.ledger.refunds.get(outRefundNo)?.status).toBe('SUCCESS')
  await admin('refunds', 'adopt', outRefundNo, '--as', 'Han Meimei')
  await expect.poll(() => stateOf(url, guest)).toMatchObject({ tradeState: 'REFUNDED' })
  return { guest, sn, outRefundNo }
}

describe('the timeline of a payment to which everything happened', { skip: inject('redisUrl') === null }, () => {
  test('shows a retried prepay, a mismatch, a lost notice, a manual refund and two acts in order, in both faces', async ({
    skip,
  }) => {
    const deployment = await deployWithOperator()
    const { guest, sn, outRefundNo } = await letHappen(deployment)
    const { admin, openConsole } = deployment
    const print = async (number: string) => (await admin('timeline', number)).replaceAll(/ +/g, ' ').split('\n')
    const patterns = STORY.map(([, pattern]) => pattern)
    const missing = async () => missingInOrder(await print(guest.orderSn), patterns)
    await expect.poll(missing, { interval: 1_000 }).toEqual([])
    const shown = await print(guest.orderSn)
    // The first one with the wrong amount is the event; its repeat changed nothing. The lost one never came.
    expect(shown.filter((line) => / notice /.test(line))).toHaveLength(1)
    for (const number of [sn, outRefundNo]) expect(await print(number)).toEqual(shown)
    expect(shown.join('\n')).not.toContain(guest.openid)

    skip(!hasChromium(), 'there is no Chromium to look at the console')
    const page = await openConsole()
    const entries = async () => (await print(sn)).flatMap((line) => /^\S+Z (.*)/.exec(line)?.[1] ?? [])
    // A message may still be sent meanwhile: then both are read again.
    const drawn = await vi.waitFor(
      async () => {
        const found = await findOnPage(page, sn)
        expect(found.map(({ line }) => line)).toEqual(await entries())
        return found
      },
      { timeout: LONG_MS, interval: 1_000 },
    )
    const ways = STORY.map(([way, { source }]) => new RegExp(`^${way}: ${source}`))
    expect(
      missingInOrder(
        drawn.map(({ way, line }) => `${way}: ${line}`),
        ways,
      ),
    ).toEqual([])
  })
})
