import type { Fault } from '@looklook-pay/sandbox'
import { miniProgramErrorPolicy, payErrorPolicy } from '../../../src/wechat/error-policy.ts'
import { plainCode } from '../../../src/wechat/errors.ts'
import { openAlertingApp } from '../../harness/alerts.ts'
import { test as base, describe, expect } from '../../harness/app.ts'
import { freshOrder, freshTapped } from '../../harness/fixtures.ts'
import { openTestGraphql, type TestGraphql } from '../../harness/graphql.ts'

type Alerting = ReturnType<typeof openAlertingApp> & { graphql: TestGraphql }

const test = base.extend<{ alerting: Alerting }>({
  alerting: async ({ app }, use) => {
    const alerting = openAlertingApp(app)
    const graphql = await openTestGraphql(alerting.deps)
    await use({ ...alerting, graphql })
    await graphql.close()
    await alerting.close()
  },
})

const ANSWER = '__typename ... on Error { code } ... on WechatUnavailableError { retryable message }'
const WX_PAY = `mutation ($input: WxPayInput!) { wxPay(input: $input) { ${ANSWER} } }`
const CANCEL = `mutation ($input: CancelHomestayOrderInput!) { cancelHomestayOrder(input: $input) { ${ANSWER} } }`
const LOGIN = `mutation ($input: WxLoginInput!) { wxLogin(input: $input) { ${ANSWER} } }`

interface Answer {
  __typename: string
  code: string
  retryable?: boolean
  message?: string
}

/** What a guest gets, and whether an operator is told: always where trying again doesn't help. */
type Outcome = 'retry' | 'retry + alert' | 'no-retry + alert' | 'LOGIN_CODE_INVALID'

const PAY_CODES =
  `SYSTEM_ERROR BANK_ERROR SERVICE_UNAVAILABLE FREQUENCY_LIMITED RATELIMIT_EXCEEDED RATE_LIMITED USER_PAYING
  ORDERPAID OUT_TRADE_NO_USED ORDER_CLOSED ORDER_NOT_EXIST RESOURCE_NOT_EXISTS PARAM_ERROR INVALID_REQUEST
  APPID_MCHID_NOT_MATCH MCH_NOT_EXISTS SIGN_ERROR NO_AUTH RULE_LIMIT TRADE_ERROR ACCOUNT_ERROR USER_ACCOUNT_ABNORMAL
  NOT_ENOUGH OPENID_MISMATCH INVALID_TRANSACTIONID NO_STATEMENT_EXIST STATEMENT_CREATING`.split(/\s+/)

const PASSING =
  `SYSTEM_ERROR BANK_ERROR SERVICE_UNAVAILABLE FREQUENCY_LIMITED RATELIMIT_EXCEEDED RATE_LIMITED USER_PAYING
  ORDERPAID OUT_TRADE_NO_USED ORDER_CLOSED STATEMENT_CREATING`.split(/\s+/)

/** The codes of each endpoint that pass by themselves; all others of WeChat Pay's need an operator. */
const payTable: Record<'prepay' | 'query' | 'close', string[]> = {
  prepay: PASSING,
  // "No such order" may mean that a prepay is under way.
  query: [...PASSING, 'ORDER_NOT_EXIST'],
  close: [...PASSING, 'ORDER_NOT_EXIST'],
}

const payRows = Object.entries(payTable).flatMap(([endpoint, passing]) =>
  PAY_CODES.map((code): [keyof typeof payTable, string, Outcome] => [
    endpoint as keyof typeof payTable,
    code,
    passing.includes(code) ? 'retry' : 'no-retry + alert',
  ]),
)

/** Errcodes of the mini-program API; 48001 and 41002 stand for those that we don't know. */
const ERRCODES = [...Object.keys(miniProgramErrorPolicy).map(Number), 48001, 41002]
const CODE_REFUSED = [40029, 40163, 40226]

/** Of a call that carries an access token: a new one is fetched first, so that the next call may succeed. */
const TOKEN_REFUSED = [40001, 40014, 42001]
const PASSING_ERRCODES = [-1, 43108, 45011, 10060001]

/** What each endpoint refuses because of the user's code, and because of our access token. */
const loginTable: Record<'code-to-session' | 'phone-number' | 'stable-token', { code: number[]; token: number[] }> = {
  'code-to-session': { code: CODE_REFUSED, token: [] },
  'phone-number': { code: [...CODE_REFUSED, 40003], token: TOKEN_REFUSED },
  'stable-token': { code: [], token: [] },
}

const loginRows = Object.entries(loginTable).flatMap(([endpoint, { code, token }]) =>
  ERRCODES.map((errcode): [keyof typeof loginTable, number, Outcome] => {
    const passes = PASSING_ERRCODES.includes(errcode)
    const refused = token.includes(errcode) ? 'retry + alert' : passes ? 'retry' : 'no-retry + alert'
    return [endpoint as keyof typeof loginTable, errcode, code.includes(errcode) ? 'LOGIN_CODE_INVALID' : refused]
  }),
)

function outcomeOf({ __typename, code, retryable }: Answer, alarms: string[]): string {
  const alert = alarms.map((alarm) => ` + ${alarm === 'wechat-refused' ? 'alert' : alarm}`).join('')
  if (__typename !== 'WechatUnavailableError') return `${code}${alert}`
  return `${retryable ? 'retry' : 'no-retry'}${alert}`
}

describe('what a guest is answered when WeChat Pay refuses', () => {
  test('the table has every documented code', () => {
    expect(PAY_CODES.map(plainCode).toSorted()).toEqual(Object.keys(payErrorPolicy).toSorted())
  })

  test.for(payRows)('answers %s of %s: %s', async ([endpoint, code, outcome], { app, alerting }) => {
    const { order, guest } = endpoint === 'prepay' ? await freshOrder(app) : await freshTapped(app)
    const client = await alerting.graphql.as(guest)
    app.sandbox.faults.add({ endpoint, kind: 'error', code } as Fault)

    const answer =
      endpoint === 'prepay'
        ? await client.mutate<Answer>(WX_PAY, { input: { orderSn: order.sn } })
        : await client.mutate<Answer>(CANCEL, { input: { sn: order.sn } })

    expect(outcomeOf(answer, alerting.alarms)).toBe(outcome)
    expect(answer.message).toMatch(outcome === 'retry' ? /Try again in a few seconds/ : /trying again doesn’t help/)
  })

  test('carries out the same tap and the same cancellation once the cause is mended', async ({ app, alerting }) => {
    const { order, guest } = await freshOrder(app)
    const client = await alerting.graphql.as(guest)
    for (const endpoint of ['prepay', 'query'] as const) {
      app.sandbox.faults.add({ endpoint, kind: 'error', code: 'NO_AUTH' })
    }

    expect(await client.mutate(WX_PAY, { input: { orderSn: order.sn } })).toMatchObject({ retryable: false })
    app.sandbox.faults.clear('prepay')
    expect(await client.mutate(WX_PAY, { input: { orderSn: order.sn } })).toMatchObject({ __typename: 'WxPayParams' })
    expect(await client.mutate(CANCEL, { input: { sn: order.sn } })).toMatchObject({ retryable: false })
    app.sandbox.faults.clear()
    expect(await client.mutate(CANCEL, { input: { sn: order.sn } })).toMatchObject({ __typename: 'HomestayOrder' })
  })

  test.for([
    ['wrong-signature', 'retry + alert'],
    ['no-signature', 'retry + alert'],
    ['signtest-signature', 'retry'],
    ['service-unavailable', 'retry'],
    ['accepted', 'retry'],
    ['reset-before', 'retry'],
    ['reset-after', 'retry'],
  ] as const)('answers a prepay that meets %s: %s', async ([kind, outcome], { app, alerting }) => {
    const { order, guest } = await freshOrder(app)
    const client = await alerting.graphql.as(guest)
    app.sandbox.faults.add({ endpoint: 'prepay', kind })

    expect(outcomeOf(await client.mutate<Answer>(WX_PAY, { input: { orderSn: order.sn } }), alerting.alarms)).toBe(
      outcome,
    )
  })
})

describe('what a user who signs in is answered when the mini-program API refuses', () => {
  test.for(loginRows)('answers %s of errcode %i: %s', async ([endpoint, errcode, outcome], { app, alerting }) => {
    app.sandbox.faults.add({ endpoint, kind: 'errcode', errcode })
    const phone = endpoint === 'code-to-session' ? {} : { phoneCode: 'phone-13800000001' }

    const answer = await alerting.graphql.anonymous.mutate<Answer>(LOGIN, { input: { code: 'code-o_guest', ...phone } })

    expect(outcomeOf(answer, alerting.alarms)).toBe(outcome)
  })

  test.for([40001, 40014, 42001])(
    'raises an alert when even a new access token is refused (%i)',
    async (errcode, { app, alerting }) => {
      app.sandbox.faults.add({ endpoint: 'phone-number', kind: 'errcode', errcode, times: 1 })
      const input = { code: 'code-o_guest', phoneCode: 'phone-13800000001' }
      expect(await alerting.graphql.anonymous.mutate(LOGIN, { input })).toMatchObject({ __typename: 'Session' })
      expect(alerting.alarms).toEqual([])

      app.sandbox.faults.add({ endpoint: 'phone-number', kind: 'errcode', errcode })
      expect(await alerting.graphql.anonymous.mutate(LOGIN, { input })).toMatchObject({ retryable: true })
      expect(alerting.lines).toMatchObject([{ alarm: 'wechat-refused', code: String(errcode) }])
    },
  )
})
