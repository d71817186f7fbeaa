import { describe, expect, type TestApp } from '../../harness/app.ts'
import { freshOrder, freshTapped, givenOrder, givenPaid, givenTapped, whenPayment } from '../../harness/fixtures.ts'
import { countingReads, openTestGraphql, test } from '../../harness/graphql.ts'

const PAY = `mutation ($orderSn: ID!) {
  wxPay(input: { orderSn: $orderSn }) {
    __typename
    ... on WxPayParams { paymentSn appId timeStamp nonceStr package signType paySign }
    ... on OrderNotPayableError { tradeState }
    ... on OrderAlreadyPaidError { paymentSn }
    ... on Error { code message }
  }
}`
const STATUS = `query ($sn: ID!) {
  paymentStatus(sn: $sn) {
    sn orderSn serviceType payMode status tradeState tradeStateDesc tradeType payTotal payerTotal refundedTotal
    transactionId payTime version createdAt
  }
}`

interface Params {
  paymentSn: string
  timeStamp: string
  nonceStr: string
  package: string
  signType: string
  paySign: string
  appId: string
}

describe('wxPay', () => {
  test('returns parameters that WeChat accepts, and the same payment for every tap', async ({ app, graphql }) => {
    const { guest, order } = await givenOrder(app)
    const client = await graphql.as(guest)
    const { __typename, paymentSn, ...phone } = await client.mutate<Params>(PAY, { orderSn: order.sn })
    const again = await client.mutate<Params>(PAY, { orderSn: order.sn })

    expect(__typename).toBe('WxPayParams')
    expect(again.paymentSn).toBe(paymentSn)
    const paid = await fetch(`${app.sandbox.url}/sandbox/pay`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(phone),
    })
    expect(paid.status).toBe(200)
    await whenPayment(app.deps, paymentSn, 'SUCCESS')
    expect(await client.mutate(PAY, { orderSn: order.sn })).toMatchObject({
      __typename: 'OrderAlreadyPaidError',
      code: 'ORDER_ALREADY_PAID',
      paymentSn,
    })
  })

  test('answers OrderNotPayableError with the state of a cancelled order', async ({ app, graphql }) => {
    const { guest, order } = await givenOrder(app)
    await app.deps.db.homestayOrder.update({ where: { sn: order.sn }, data: { tradeState: 'CANCELLED' } })
    const client = await graphql.as(guest)

    expect(await client.mutate(PAY, { orderSn: order.sn })).toMatchObject({
      __typename: 'OrderNotPayableError',
      tradeState: 'CANCELLED',
    })
  })

  test('answers NotFoundError for somebody else’s order', async ({ app, graphql }) => {
    const { order } = await givenOrder(app)
    const stranger = await graphql.signIn('o_stranger')

    expect(await stranger.mutate(PAY, { orderSn: order.sn })).toMatchObject({ __typename: 'NotFoundError' })
  })

  test('answers UNAUTHENTICATED to wxPay without a token', async ({ graphql }) => {
    expect(await graphql.anonymous.send(PAY, { orderSn: 'any' })).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
  })
})

describe('paymentStatus', () => {
  test('returns all fields of a paid payment', async ({ app, graphql }) => {
    const { guest, order, payment } = await givenPaid(app)
    const client = await graphql.as(guest)

    expect(await client.run(STATUS, { sn: payment.sn })).toEqual({
      paymentStatus: {
        sn: payment.sn,
        orderSn: order.sn,
        serviceType: 'HOMESTAY_ORDER',
        payMode: 'WECHAT_PAY',
        status: 'SUCCESS',
        tradeState: 'SUCCESS',
        tradeStateDesc: expect.any(String),
        tradeType: 'JSAPI',
        payTotal: 12_800,
        payerTotal: 12_800,
        refundedTotal: 0,
        transactionId: payment.transactionId,
        payTime: payment.payTime?.toISOString(),
        version: 2,
        createdAt: payment.createdAt.toISOString(),
      },
    })
  })

  test('queries WeChat about a pending payment before it answers', async ({ app, graphql }) => {
    app.sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost' })
    const readPaid = async () => {
      const { guest, payment } = await freshTapped(app)
      app.sandbox.payLate(payment.sn)
      return (await graphql.as(guest)).run(STATUS, { sn: payment.sn })
    }

    // A reader waits a second for WeChat's answer: on a slow machine only a later one may get it in time.
    await expect.poll(readPaid).toMatchObject({ paymentStatus: { status: 'SUCCESS' } })
  })

  test('returns the stored status of a pending payment while WeChat is down', async ({ app, graphql }) => {
    const { guest, payment } = await givenTapped(app)
    await app.sandbox.close()
    const client = await graphql.as(guest)

    expect(await client.run(STATUS, { sn: payment.sn })).toMatchObject({ paymentStatus: { status: 'PENDING' } })
  })

  test('returns a null paymentStatus to anybody but the payer', async ({ app, graphql }) => {
    const { hostUserId, payment } = await freshTapped(app)
    const stranger = await graphql.signIn('o_stranger')
    const host = await graphql.as({ id: hostUserId })

    expect(await stranger.run(STATUS, { sn: payment.sn })).toEqual({ paymentStatus: null })
    expect(await host.run(STATUS, { sn: payment.sn })).toEqual({ paymentStatus: null })
  })

  test('tells each of several who ask at once about the same payment what that one may see', async ({
    app,
    graphql,
  }) => {
    const [one, other] = [await freshPaid(app), await freshPaid(app)]
    const [guest, stranger] = [await graphql.as(one.guest), await graphql.as(other.guest)]
    const ask = (client: typeof guest, { payment }: typeof one) =>
      client.run<{ paymentStatus: { sn: string } | null }>(STATUS, { sn: payment.sn })

    const asked = [
      ...Array.from({ length: 5 }, () => [guest, one, one.payment.sn] as const),
      ...Array.from({ length: 5 }, () => [stranger, one, undefined] as const),
      ...Array.from({ length: 5 }, () => [stranger, other, other.payment.sn] as const),
      ...Array.from({ length: 5 }, () => [guest, other, undefined] as const),
    ]
    const answers = await Promise.all(asked.map(([client, paid]) => ask(client, paid)))
    expect(answers.map(({ paymentStatus }) => paymentStatus?.sn)).toEqual(asked.map(([, , sn]) => sn))
  })

  test('asks the database for the session and for the payment, and about a pending one twice more while it asks WeChat', async ({
    app,
  }) => {
    const { guest, payment } = await freshPaid(app)
    const pending = await givenTapped(app, await givenOrder(app, { guest }))
    const { deps, reads } = countingReads(app.deps)
    const counted = await openTestGraphql(deps)
    const client = await counted.as(guest)
    const countReads = async (sn: string) => {
      reads.length = 0
      await client.run(STATUS, { sn })
      return reads.length
    }

    expect(await countReads(payment.sn)).toBe(2)
    await app.deps.db.payment.updateMany({ data: { lastQueriedAt: null } })
    expect(await countReads(pending.payment.sn)).toBe(4)
    await app.deps.db.$executeRaw`UPDATE payment SET "lastQueriedAt" = now() + interval '1 h'`
    expect(await countReads(pending.payment.sn)).toBe(2)
    await counted.close()
  })
})

async function freshPaid(app: TestApp) {
  return givenPaid(app, await freshOrder(app))
}
