import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { type Browser, openTestConsole } from '../../harness/console.ts'
import { freshTapped, givenPaid, orderOf, paymentOf } from '../../harness/fixtures.ts'
import { loseNotices } from '../../harness/money.ts'
import { amountOf, paidReport } from '../../harness/reports.ts'

/** A payment under review: WeChat has 100.00 yuan for it, and it is of 128.00. */
async function givenUnderReview(app: TestApp) {
  loseNotices(app)
  const tapped = await freshTapped(app)
  const { transactionId } = app.sandbox.payLate(tapped.payment.sn)
  const transaction = paidReport(tapped.payment, { transaction_id: transactionId, amount: amountOf(10_000) })
  await settle(app.deps, { transaction, source: 'QUERY' })
  const mismatch = await app.deps.db.paymentMismatch.findFirstOrThrow({ where: { paymentSn: tapped.payment.sn } })
  return { ...tapped, mismatchId: mismatch.id }
}

type Result = { dryRun: boolean; sentences: string[] } | { code: string; message: string }

const RESULT = '... on Act { dryRun sentences } ... on Refusal { code message }'

async function act(
  browser: Browser,
  mutation: string,
  { args, ...wish }: { args: string; dryRun?: boolean; reason?: string },
): Promise<Result> {
  const { dryRun = false, reason = 'the guest paid less by agreement' } = wish
  const query = `mutation ($dryRun: Boolean!, $reason: String!) {
    done: ${mutation}(${args}, dryRun: $dryRun, reason: $reason) { ${RESULT} }
  }`
  return (await browser.ask<{ done: Result }>(query, { dryRun, reason })).done
}

const idOf = async (browser: Browser) => (await browser.ask<{ me: { id: string } }>('{ me { id } }')).me.id

describe('an act on the console', () => {
  test('says what it would do, then does it, and leaves who, when and why', async ({ app }) => {
    const { signIn } = await openTestConsole(app)
    const browser = await signIn('Li Lei')
    const { payment, order, mismatchId } = await givenUnderReview(app)
    const args = `id: "${mismatchId}"`

    expect(await act(browser, 'reviewAccept', { args, dryRun: true })).toEqual({
      dryRun: true,
      sentences: [expect.stringMatching(/^would settle 100\.00 yuan .* and apply it to order /)],
    })
    expect((await paymentOf(app.deps, payment.sn)).status).toBe('PENDING')

    expect(await act(browser, 'reviewAccept', { args })).toEqual({
      dryRun: false,
      sentences: [`mismatch ${mismatchId} is ACCEPTED`],
    })
    expect((await orderOf(app.deps, order.sn)).tradeState).toBe('WAIT_USE')
    expect(await act(browser, 'reviewRefund', { args, dryRun: true })).toEqual({
      code: 'DECIDED_BEFORE',
      message: `mismatch ${mismatchId} is ACCEPTED already, decided by Li Lei: that holds`,
    })
    const { acts } = await browser.ask<{ acts: object[] }>('{ acts { operator operatorId via action number reason } }')
    const { id: operatorId } = await app.deps.db.operator.findFirstOrThrow()
    const who = { operator: 'Li Lei', operatorId, via: 'CONSOLE' }
    expect(acts).toEqual([
      {
        ...who,
        action: 'review accept',
        number: payment.sn,
        reason: 'the guest paid less by agreement',
      },
      { ...who, action: 'sign in', number: '', reason: null },
    ])
    const query = `{ timeline(number: "${payment.sn}") { entries { kind text } } }`
    const { timeline } = await browser.ask<{ timeline: { entries: object[] } }>(query)
    const text = 'Li Lei in the console: review accept, because the guest paid less by agreement'
    expect(timeline.entries).toContainEqual({ kind: 'act', text })
  })

  test('is forbidden to a viewer, a dry run too, and changes nothing', async ({ app }) => {
    const { signIn } = await openTestConsole(app)
    const browser = await signIn('Han Meimei', 'VIEWER')
    const { payment, mismatchId } = await givenUnderReview(app)
    for (const dryRun of [true, false]) {
      const tried = act(browser, 'reviewAccept', { args: `id: "${mismatchId}"`, dryRun })
      await expect(tried).rejects.toThrow('"FORBIDDEN"')
    }
    expect((await paymentOf(app.deps, payment.sn)).status).toBe('PENDING')
    expect(await app.deps.db.operatorAct.count({ where: { action: { not: 'sign in' } } })).toBe(0)
  })

  test('isn’t done for another than who asks, when another tab has signed somebody else in', async ({ app }) => {
    const opened = await openTestConsole(app)
    const [before, now] = [await opened.signIn('Li Lei'), await opened.signIn('Han Meimei')]
    const { payment, mismatchId } = await givenUnderReview(app)
    const query = `mutation { reviewAccept(id: "${mismatchId}", dryRun: false, reason: "agreed") { ${RESULT} } }`
    // The tab is Li Lei's still, and the cookie Han Meimei's.
    const send = async (operator: string) =>
      now.send({ body: JSON.stringify({ query }), headers: { 'x-operator': operator } })
    expect(await send(await idOf(before))).toMatchObject({
      status: 409,
      body: expect.stringContaining('OTHER_OPERATOR'),
    })
    expect((await paymentOf(app.deps, payment.sn)).status).toBe('PENDING')
    expect((await send(await idOf(now))).body).toContain('ACCEPTED')
  })

  test('of every kind is forbidden to a viewer', async ({ app }) => {
    const { signIn } = await openTestConsole(app)
    const [viewer, operator] = [await signIn('Han Meimei', 'VIEWER'), await signIn('Li Lei')]
    const acts: [string, string][] = [
      ['reviewAccept', 'id: "x"'],
      ['reviewRefund', 'id: "x"'],
      ['reviewDismiss', 'id: "x"'],
      ['refundRetry', 'number: "x"'],
      ['refundAbnormal', 'number: "x"'],
      ['refundAdopt', 'number: "x"'],
      ['jobReplay', 'ids: ["x"]'],
      ['jobDrop', 'ids: ["x"]'],
      ['orderApply', 'number: "x"'],
      ['orderClose', 'number: "x"'],
      ['orderShip', 'number: "x"'],
      ['billDismiss', 'day: "2020-01-01", number: "x"'],
      ['billRepeat', 'day: "2020-01-01"'],
      ['listenerRemove', 'id: "x"'],
      ['webhookAdd', 'url: "ftp://x", types: []'],
      ['webhookRotate', 'id: "x"'],
      ['webhookEnable', 'id: "x"'],
      ['webhookDisable', 'id: "x"'],
      ['webhookRemove', 'id: "x"'],
      ['webhookReplay', 'id: "x", failed: true'],
    ]
    const query = '{ __schema { mutationType { fields { name } } } }'
    const { __schema } = await operator.ask<{ __schema: { mutationType: { fields: { name: string }[] } } }>(query)
    expect(__schema.mutationType.fields.map(({ name }) => name)).toEqual(acts.map(([name]) => name).toSorted())
    for (const [name, args] of acts) {
      await expect(act(viewer, name, { args }), name).rejects.toThrow('"FORBIDDEN"')
      expect(await act(operator, name, { args }), name).toMatchObject({ code: expect.any(String) })
    }
  })

  test('says as data why it can’t be done, in the reader’s language', async ({ app }) => {
    const { signIn } = await openTestConsole(app)
    const browser = await signIn()
    expect(await act(browser, 'refundRetry', { args: 'number: "RE-nobody"' })).toMatchObject({ code: 'NOT_FOUND' })
    for (const reason of ['', '  ', 'x'.repeat(201), 'a\nb']) {
      expect(await act(browser, 'refundRetry', { args: 'number: "RE-nobody"', reason })).toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringContaining('reason must say'),
      })
    }
    const { payment } = await givenPaid(app)
    const body = JSON.stringify({
      query: `mutation { orderApply(number: "${payment.orderSn}", dryRun: true, reason: "x") { ${RESULT} } }`,
    })
    const answer = await browser.send({ body, headers: { 'accept-language': 'zh-CN' } })
    expect(answer.body).toContain('将把支付结果同步到订单')
  })

  test('is refused as at a terminal, where a replay or a rotation makes no sense', async ({ app }) => {
    const { signIn } = await openTestConsole(app)
    const browser = await signIn()
    const messageOf = async (mutation: string, args: string) => {
      const result = await act(browser, mutation, { args: `id: "x", ${args}` })
      return 'message' in result ? result.message : result
    }
    const [early, late] = ['"2026-11-01T00:00:00Z"', '"2026-11-30T00:00:00Z"']
    expect(await messageOf('webhookReplay', `since: ${late}, until: ${early}`)).toContain('until must be after since')
    expect(await messageOf('webhookReplay', `failed: true, since: ${early}`)).toContain('needs one of')
    expect(await messageOf('webhookReplay', `since: ${early}`)).toContain('no such webhook endpoint')
    expect(await messageOf('webhookRotate', 'keepHours: 1000')).toContain('keepHours must be 0 to 999')
  })

  test('shows a webhook’s secret once, and none in a dry run', async ({ app }) => {
    const { signIn } = await openTestConsole(app)
    const browser = await signIn()
    const args = 'url: "https://93.184.215.14/hook", types: []'
    const tried = await act(browser, 'webhookAdd', { args, dryRun: true })
    expect(JSON.stringify(tried)).not.toContain('whsec_')
    const added = await act(browser, 'webhookAdd', { args })
    expect(JSON.stringify(added)).toMatch(/secret whsec_/)
    const { webhooks } = await browser.ask<{ webhooks: object[] }>('{ webhooks { url enabled waiting failed } }')
    expect(webhooks).toEqual([{ url: 'https://93.184.215.14/hook', enabled: true, waiting: 0, failed: 0 }])
  })
})
