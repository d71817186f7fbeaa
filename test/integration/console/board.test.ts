import { revokeOperator } from '../../../src/operator/account.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { openTestConsole } from '../../harness/console.ts'
import { freshTapped, givenPaid, givenTapped } from '../../harness/fixtures.ts'
import { newTransactionId, paidReport } from '../../harness/reports.ts'

const BOARD = `todayPayments todayFen todayTaps tapToPaid { p50 p95 } wechatAnswers { endpoint status code count }
  waiting { count mismatches { id kind number decisions } } workers { id }`

/** Opens the live board in a browser, and reads it. */
async function watch(url: string, { cookie }: { cookie: string }) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { cookie, origin: url, accept: 'text/event-stream', 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'subscription { board { at todayTaps } }' }),
  })
  const seen = { boards: 0, isOver: false, text: '' }
  const read = async () => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      seen.text += chunk
      seen.boards = seen.text.split('"board"').length - 1
    }
    seen.isOver = true
  }
  void read().catch(() => (seen.isOver = true))
  return { seen, type: response.headers.get('content-type') }
}

interface Board {
  todayPayments: number
  todayFen: number
  todayTaps: number
  tapToPaid: { p50: number | null; p95: number | null }
  wechatAnswers: { endpoint: string; status: number; code: string | null; count: number }[]
  waiting: { count: number; mismatches: { id: string; decisions: string[] }[] }
  workers: { id: string }[]
}

/** Money of a number that isn't ours. */
async function givenUnknownMoney(app: TestApp): Promise<void> {
  const { payment } = await givenTapped(app)
  const transaction = paidReport(payment, { out_trade_no: 'PAofnobody', transaction_id: newTransactionId() })
  await settle(app.deps, { transaction, source: 'NOTICE' })
}

describe('the board', () => {
  test('counts taps, payments and fen of today, and what WeChat answered', async ({ app }) => {
    const { signIn } = await openTestConsole(app)
    const browser = await signIn('Li Lei', 'VIEWER')
    await givenPaid(app)
    await freshTapped(app)

    const read = async () => (await browser.ask<{ board: Board }>(`{ board { ${BOARD} } }`)).board
    await expect.poll(async () => (await read()).wechatAnswers.length).toBeGreaterThan(0)
    const board = await read()
    expect(board).toMatchObject({ todayPayments: 1, todayFen: 12_800, todayTaps: 2 })
    expect(board.tapToPaid.p50).toBeGreaterThan(0)
    expect(board.wechatAnswers).toContainEqual(
      expect.objectContaining({ endpoint: 'POST /v3/pay/transactions/jsapi', status: 200, code: null }),
    )
    const { boardHours } = await browser.ask<{ boardHours: object[] }>(
      '{ boardHours(hours: 48) { payments fen taps } }',
    )
    expect(boardHours).toHaveLength(48)
    expect(boardHours.filter((hour) => 'taps' in hour && hour.taps !== 0).length).toBeGreaterThan(0)
  })

  test('shows a viewer what waits for a person', async ({ app }) => {
    const { signIn } = await openTestConsole(app)
    const browser = await signIn('Li Lei', 'VIEWER')
    await givenUnknownMoney(app)
    const { waiting } = await browser.ask<{ waiting: Board['waiting'] }>(
      '{ waiting { count mismatches { id kind number decisions } } }',
    )
    expect(waiting).toMatchObject({ count: 1, mismatches: [{ number: 'PAofnobody', decisions: ['DISMISS'] }] })
  })

  test('comes again and again, and ends at once for who is revoked', async ({ app }) => {
    const { signIn, url } = await openTestConsole(app)
    const [stays, goes] = [await signIn('Li Lei'), await signIn('Han Meimei')]
    const [staying, going] = [await watch(url, stays), await watch(url, goes)]
    expect(staying.type).toMatch(/^text\/event-stream/)
    await expect.poll(() => [staying.seen.boards > 1, going.seen.boards > 1]).toEqual([true, true])

    await app.deps.db.$transaction((tx) => revokeOperator(tx, 'Han Meimei'))
    await expect.poll(() => going.seen.isOver).toBe(true)
    const before = staying.seen.boards
    await expect.poll(() => staying.seen.boards).toBeGreaterThan(before)
    expect(staying.seen.isOver).toBe(false)
  })

  test('is open five times at once in a session, and not oftener', async ({ app }) => {
    const config = { ...app.deps.config, rateLimitFactor: 1 }
    const { signIn, url } = await openTestConsole({ ...app, deps: { ...app.deps, config } })
    const [browser, other] = [await signIn('Li Lei'), await signIn('Han Meimei')]
    const opened = await Promise.all(Array.from({ length: 5 }, () => watch(url, browser)))
    await expect.poll(() => opened.every(({ seen }) => seen.boards > 0)).toBe(true)

    const refused = await watch(url, browser)
    await expect.poll(() => refused.seen.isOver).toBe(true)
    expect(refused.seen.text).toContain('RATE_LIMITED')
    const others = await watch(url, other)
    await expect.poll(() => others.seen.boards).toBeGreaterThan(0)
  })
})
