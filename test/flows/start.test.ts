import { describe, expect, test } from 'vitest'
import { formatDay, shanghaiDay } from '../../src/infra/shanghai.ts'
import { createDataDir, findPostmaster, readiness, sendOperation, start } from '../harness/processes.ts'

const DAY_MS = 86_400_000

function dayFromToday(days: number): string {
  return formatDay(shanghaiDay(new Date(Date.now() + days * DAY_MS)))
}

const STEPS = ['settings', 'files', 'HTTP', 'sandbox', 'database', 'migrations', 'demo data', 'API', 'workers']

/** The steps that were said to begin before all was ready. */
function stepsIn(output: string): string[] {
  const said = output.slice(0, output.indexOf('looklook-pay is ready'))
  return [...said.matchAll(/^ {2}(.{11}) (?!still )/gm)].map(([, name = '']) => name.trim())
}

describe('npm start', () => {
  test('starts everything for booking and paying, prints the URLs, and keeps the data for the next start', async () => {
    const dataDir = await createDataDir()
    const first = await start(dataDir, { command: ['npm', 'start'] })
    expect(await readiness(first.url)).toEqual({
      status: 200,
      body: { status: 'ok', database: 'ok', redis: 'ok', workers: 'ok' },
    })

    const { accessToken, orderSn, paymentSn } = await bookAndPay(first.url, first.wechatUrl)
    const order = `query ($sn: ID!) { homestayOrder(sn: $sn) { tradeState payment { sn status } } }`
    const paid = { homestayOrder: { tradeState: 'WAIT_USE', payment: { sn: paymentSn, status: 'SUCCESS' } } }
    await expect.poll(() => sendOperation(first.url, order, { sn: orderSn }, accessToken)).toEqual(paid)

    first.signalGroup('SIGINT')
    expect(await first.ended).toEqual({ code: 0, signal: null })
    expect(findPostmaster(dataDir)).toBeUndefined()

    const second = await start(dataDir)
    expect(await sendOperation(second.url, order, { sn: orderSn }, accessToken)).toEqual(paid)

    second.signalGroup('SIGTERM')
    expect(await second.ended).toEqual({ code: 0, signal: null })
    expect(stepsIn(first.output())).toEqual(STEPS)
    expect(stepsIn(second.output())).toEqual(STEPS)
    expect(first.output()).toMatch(/^looklook-pay is starting\n {2}settings +reading$/m)
    expect(first.output()).toMatch(/^ {2}database +being made/m)
    expect(second.output()).toMatch(/^ {2}database +starting$/m)
    // After Ctrl-C a person must see no warnings or errors.
    for (const { output } of [first, second]) expect(output()).not.toMatch(/"level":"(warn|error|fatal)"/)
  })
})

interface PayParams {
  paymentSn: string
  appId: string
  timeStamp: string
  nonceStr: string
  package: string
  signType: string
  paySign: string
}

async function bookAndPay(url: string, wechatUrl: string) {
  const { homestays } = await sendOperation<{ homestays: { edges: { node: { id: string } }[] } }>(
    url,
    '{ homestays(first: 20) { edges { node { id } } } }',
  )
  expect(homestays.edges.length).toBeGreaterThanOrEqual(8)

  const { wxLogin } = await sendOperation<{ wxLogin: { accessToken: string } }>(
    url,
    'mutation { wxLogin(input: { code: "code-o_guest" }) { ... on Session { accessToken } ... on Error { message } } }',
  )
  const { accessToken } = wxLogin
  const { createHomestayOrder } = await sendOperation<{ createHomestayOrder: { sn: string } }>(
    url,
    `mutation ($input: CreateHomestayOrderInput!) {
      createHomestayOrder(input: $input) { ... on HomestayOrder { sn } ... on Error { message } }
    }`,
    {
      input: {
        homestayId: homestays.edges[0]?.node.id,
        liveStartDate: dayFromToday(1),
        liveEndDate: dayFromToday(3),
        livePeopleNum: 1,
      },
    },
    accessToken,
  )
  const orderSn = createHomestayOrder.sn
  const { wxPay } = await sendOperation<{ wxPay: PayParams }>(
    url,
    `mutation ($sn: ID!) {
      wxPay(input: { orderSn: $sn }) {
        ... on WxPayParams { paymentSn appId timeStamp nonceStr package signType paySign }
        ... on Error { message }
      }
    }`,
    { sn: orderSn },
    accessToken,
  )
  const { paymentSn, ...requestPayment } = wxPay
  const paid = await fetch(`${wechatUrl}/sandbox/pay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(requestPayment),
  })
  expect(await paid.json()).toMatchObject({ transactionId: expect.any(String) })
  return { accessToken, orderSn, paymentSn }
}
