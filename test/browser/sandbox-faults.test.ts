import type { Fault } from '@looklook-pay/sandbox'
import type { Browser } from 'playwright-core'
import { arm, type Chosen, expectUsed, takeNotices } from './sandbox-armed.ts'
import { canRunBrowser, type Desk, describe, expect, openDesk, test } from './sandbox-fixtures.ts'

const prepayPath = '/v3/pay/transactions/jsapi'
const LATE_MS = 300

const SIGNTEST = /^WECHATPAY\/SIGNTEST\//

/** A notice that is as it should be, but for the amount that it tells. */
function told(total: number): unknown {
  return expect.objectContaining({ isSigned: true, content: expect.objectContaining({ amount: amountOf(total) }) })
}
const right = told(10_000)

function amountOf(total: number): unknown {
  return expect.objectContaining({ total, payer_total: total })
}

function ofNotice(what: string, fields?: Chosen['fields']): Chosen {
  return { where: 'Payment notice', what, fields }
}

function ofPrepay(what: string, fields?: Chosen['fields']): Chosen {
  return { where: 'Prepay', what, fields }
}

interface Row {
  chosen: Chosen
  /** An order that no other row knows. */
  number: string
}

/** Arms one fault after the other on one page, and checks what each does. */
async function driveEach<Expected extends unknown[]>(
  browser: Browser,
  rows: [Chosen, ...Expected][],
  check: (desk: Desk, row: Row, ...expected: Expected) => Promise<void>,
): Promise<void> {
  const desk = await openDesk(browser)
  await desk.open('faults')
  for (const [index, [chosen, ...expected]] of rows.entries()) {
    await arm(desk, chosen)
    await check(desk, { chosen, number: `order-1${String(index).padStart(3, '0')}` }, ...expected)
    await expectUsed(desk)
  }
}

function prepay({ merchant }: Desk, { number }: Row, signal?: AbortSignal) {
  return merchant.call('POST', prepayPath, merchant.prepayBody(number), signal ? { signal } : {})
}

function isKnown({ sandbox }: Desk, { number }: Row): boolean {
  return sandbox.ledger.orders.has(number)
}

/** An order of 100.00 yuan, paid. */
async function givenPaid({ sandbox, merchant }: Desk, { number }: Row): Promise<void> {
  await merchant.prepay(number)
  sandbox.payLate(number)
}

describe.skipIf(!canRunBrowser())('a fault that is armed on the page', () => {
  test('happens to a payment’s notice: lost, late, twice, a storm, forged, SIGNTEST, content, amount', async ({
    browser,
  }) => {
    // What arrives at the merchant's endpoint, and after how many deliveries it is taken.
    const rows: [Chosen, unknown[], number][] = [
      [ofNotice('Lost'), [right], 2],
      [ofNotice('Late', { 'Delay, in ms': String(LATE_MS) }), [right], 1],
      [ofNotice('Twice'), [right, right], 1],
      [ofNotice('A storm', { Copies: '5' }), Array.from({ length: 5 }, () => right), 1],
      [ofNotice('Forged: a wrong signature'), [expect.objectContaining({ isSigned: false }), right], 2],
      [
        ofNotice('SIGNTEST'),
        [expect.objectContaining({ isSigned: false, signature: expect.stringMatching(SIGNTEST) }), right],
        2,
      ],
      [ofNotice('Wrong content'), [expect.objectContaining({ isSigned: true, content: undefined }), right], 2],
      [ofNotice('Amount changed', { 'Amount, in fen': '1' }), [told(1)], 1],
    ]
    await driveEach(
      browser,
      rows,
      async ({ sandbox, merchant }, { chosen: { what }, number }, arriving, deliveries) => {
        const { arrivals, url } = await takeNotices(merchant)
        await merchant.prepay(number, { notify_url: url })
        const paidAt = Date.now()
        sandbox.payLate(number)
        const sent = () => [...sandbox.ledger.notices.values()].find(({ subject }) => subject === number)
        await expect.poll(sent, { message: what }).toMatchObject({ state: 'TAKEN', attempts: deliveries })
        expect(arrivals, what).toEqual(arriving)
        expect(new Set(arrivals.map(({ noticeId }) => noticeId)).size, what).toBe(1)
        if (what === 'Late') expect(arrivals[0]?.arrivedAt).toBeGreaterThanOrEqual(paidAt + LATE_MS - 10)
      },
    )
  })

  test('happens to a prepay that is answered: 5xx, 429, 202, signatures, content, a closed number, a code', async ({
    browser,
  }) => {
    // The answer, and whether the work is done.
    const rows: [Chosen, object, boolean][] = [
      [ofPrepay('Too many calls: 429'), { status: 429, json: { code: 'RATELIMIT_EXCEEDED' } }, false],
      [ofPrepay('500, not done'), { status: 500, json: { code: 'SYSTEM_ERROR' } }, false],
      [ofPrepay('500, done'), { status: 500, json: { code: 'SYSTEM_ERROR' } }, true],
      [ofPrepay('503 of a gateway'), { status: 503, isSigned: false, text: '' }, false],
      [ofPrepay('202, not done'), { status: 202, json: { code: 'ACCEPTED' } }, false],
      [ofPrepay('Slow', { 'Delay, in ms': String(LATE_MS) }), { status: 200, isSigned: true }, true],
      [ofPrepay('Forged: a wrong signature'), { status: 200, isSigned: false }, true],
      [ofPrepay('SIGNTEST'), { status: 200, isSigned: false }, true],
      [ofPrepay('No signature'), { status: 200, isSigned: false, signedBy: '' }, true],
      [ofPrepay('Wrong content'), { status: 200, isSigned: true, text: '{}' }, true],
      [ofPrepay('Closed number'), { status: 400, json: { code: 'ORDER_CLOSED' }, isSigned: true }, true],
      [ofPrepay('Refused with a code', { Code: 'OUT_TRADE_NO_USED' }), { json: { code: 'OUT_TRADE_NO_USED' } }, false],
    ]
    await driveEach(browser, rows, async (desk, row, answer, isDone) => {
      const calledAt = Date.now()
      expect(await prepay(desk, row), row.chosen.what).toMatchObject(answer)
      if (row.chosen.what === 'Slow') expect(Date.now()).toBeGreaterThanOrEqual(calledAt + LATE_MS - 10)
      expect(isKnown(desk, row), row.chosen.what).toBe(isDone)
    })
  })

  test('happens to a prepay that isn’t answered: time-outs and resets, before and after the work', async ({
    browser,
  }) => {
    const rows: [Chosen, boolean, string][] = [
      [ofPrepay('Time-out, not done'), false, 'timeout'],
      [ofPrepay('Time-out, done'), true, 'timeout'],
      [ofPrepay('Reset, not done'), false, 'fetch failed'],
      [ofPrepay('Reset, done'), true, 'fetch failed'],
    ]
    await driveEach(browser, rows, async (desk, row, isDone, message) => {
      const caller = new AbortController()
      const answer = prepay(desk, row, caller.signal).then(String, String)
      await expectUsed(desk)
      // Whatever is answered at all has been answered once another call is.
      expect((await desk.merchant.query(row.number)).status, row.chosen.what).toBe(isDone ? 200 : 404)
      if (message === 'timeout') caller.abort(new Error(message))
      expect(await answer, row.chosen.what).toContain(message)
    })
  })

  test('happens to a query, a close, a refund and a login', async ({ browser }) => {
    const rows: [Chosen, (desk: Desk, row: Row) => Promise<void>][] = [
      [{ where: 'Query of an order', what: 'Amount changed', fields: { 'Amount, in fen': '1' } }, expectAmountChanged],
      [{ where: 'Close', what: 'Paid meanwhile' }, expectPaidMeanwhile],
      [{ where: 'Refund', what: '429, and accepted' }, (desk, row) => expectRefund(desk, row, 429, 'PROCESSING')],
      [{ where: 'Refund', what: 'Ends ABNORMAL' }, (desk, row) => expectRefund(desk, row, 200, 'ABNORMAL')],
      [{ where: 'Login', what: 'Refused with an errcode', fields: { errcode: '40226' } }, expectErrcode],
    ]
    await driveEach(browser, rows, (desk, row, expectFault) => expectFault(desk, row))
  })
})

async function expectAmountChanged(desk: Desk, row: Row): Promise<void> {
  await givenPaid(desk, row)
  expect(await desk.merchant.query(row.number)).toMatchObject({ isSigned: true, json: { amount: amountOf(1) } })
  expect(await desk.merchant.query(row.number)).toMatchObject({ json: { amount: amountOf(10_000) } })
}

async function expectPaidMeanwhile({ merchant }: Desk, { number }: Row): Promise<void> {
  await merchant.prepay(number)
  expect(await merchant.close(number)).toMatchObject({ status: 204 })
  expect((await merchant.query(number)).json).toMatchObject({ trade_state: 'SUCCESS' })
}

async function expectRefund(desk: Desk, row: Row, answered: number, end: string): Promise<void> {
  const { merchant, sandbox } = desk
  sandbox.changeSettings({ refundDelayMs: end === 'PROCESSING' ? 86_400_000 : 5 })
  await givenPaid(desk, row)
  const refund = merchant.refundBody(row.number, `R-${row.number}`, 1000)
  expect(await merchant.refund(refund)).toMatchObject({ status: answered })
  await expect.poll(async () => (await merchant.queryRefund(`R-${row.number}`)).json.status).toBe(end)
}

async function expectErrcode({ sandbox }: Desk): Promise<void> {
  const answer = await fetch(`${sandbox.url}/sns/jscode2session`)
  expect(await answer.json()).toMatchObject({ errcode: 40226 })
}

describe.skipIf(!canRunBrowser())('the faults on the page', () => {
  test('are offered for each endpoint exactly as the sandbox takes them', async ({ browser }) => {
    const { page, sandbox, open } = await openDesk(browser)
    await open('faults')
    const valuesOf = (selector: string) =>
      page.locator(selector).evaluateAll((all) => all.map((each) => each.getAttribute('value') ?? ''))
    const endpoints = await valuesOf('#endpoint option')
    const offered: Record<string, string[]> = {}
    for (const endpoint of endpoints) {
      await page.getByLabel('Where').selectOption(endpoint)
      offered[endpoint] = await valuesOf('input[name="kind"]')
    }
    const kinds = [...new Set(Object.values(offered).flat())]
    expect(kinds.length).toBeGreaterThan(20)
    const needed = { code: 'SYSTEM_ERROR', errcode: 1, delayMs: 1, copies: 2, amountFen: 1 } as const
    const isTaken = (endpoint: string, kind: string) => {
      try {
        sandbox.faults.add({ endpoint, kind, ...needed } as Fault)
        return true
      } catch {
        return false
      }
    }
    for (const endpoint of endpoints) {
      const taken = kinds.filter((kind) => isTaken(endpoint, kind))
      expect([endpoint, new Set(offered[endpoint])]).toEqual([endpoint, new Set(taken)])
    }
  })

  test('are listed with how often they will still hit, and cleared by endpoint or all', async ({ browser }) => {
    const { page, merchant, sandbox, open } = await openDesk(browser)
    sandbox.faults.add(
      { endpoint: 'payment-notice', kind: 'lost' },
      { endpoint: 'close', kind: 'system-error', times: 2 },
    )
    await open('faults')
    await page.getByLabel('Where').selectOption({ label: 'Query of an order' })
    await page.getByRole('radio', { name: /^Too many calls/ }).click()
    await page.getByLabel('How often').fill('3')
    await page.getByLabel('Only with').fill('order-0001')
    await page.getByRole('button', { name: 'Arm', exact: true }).click()
    const armed = (endpoint: string) => page.locator(`[data-endpoint="${endpoint}"] li`).innerText()
    await expect.poll(() => armed('query')).toMatch(/3 times more\s+only with order-0001/)
    expect((await merchant.query('order-0001')).status).toBe(429)
    expect((await merchant.query('order-0002')).status).toBe(404)
    await expect.poll(() => armed('query')).toContain('2 times more')
    expect(await armed('payment-notice')).toContain('each time, until cleared')
    await page.getByRole('button', { name: 'Clear Query of an order' }).click()
    await expect.poll(() => sandbox.faults.list().map(({ endpoint }) => endpoint)).toEqual(['payment-notice', 'close'])
    await page.getByRole('button', { name: 'Clear all' }).click()
    await page.getByText('None: everything goes as it should.').waitFor()
    expect(sandbox.faults.list()).toEqual([])
  })
})
