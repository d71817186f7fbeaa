import { describe, expect } from '../../harness/app.ts'
import { countingReads, openTestGraphql, test } from '../../harness/graphql.ts'
import {
  dayFromNow,
  freshOrder,
  givenGuest,
  givenHomestay,
  givenOrder,
  givenPaid,
  orderOf,
  tap,
} from '../../harness/scene.ts'

const ORDER = `
  __typename sn tradeState tradeCode homestayId title subTitle cover info pricedBy homestayPrice foodPrice
  homestayTotalPrice foodTotalPrice orderTotalPrice liveStartDate liveEndDate livePeopleNum needFood remark payBefore
  createdAt payment { sn orderSn status }`

const CREATE = `mutation ($input: CreateHomestayOrderInput!) {
  createHomestayOrder(input: $input) {
    ... on HomestayOrder { ${ORDER} }
    ... on InvalidInputError { fields { path message } }
    ... on Error { __typename code message }
  }
}`
const READ = `query ($sn: ID!) { homestayOrder(sn: $sn) { ${ORDER} } }`
const LIST = `query ($tradeState: OrderTradeState, $first: Int, $after: String) {
  homestayOrders(tradeState: $tradeState, first: $first, after: $after) {
    edges { node { ${ORDER} } } pageInfo { endCursor hasNextPage }
  }
}`
const CANCEL = `mutation ($sn: ID!) {
  cancelHomestayOrder(input: { sn: $sn }) {
    ... on HomestayOrder { ${ORDER} }
    ... on OrderNotCancellableError { tradeState }
    ... on Error { __typename code message }
  }
}`
const REFUND = `mutation ($sn: ID!, $reason: String) {
  refundHomestayOrder(input: { sn: $sn, reason: $reason }) {
    ... on HomestayOrder { ${ORDER} }
    ... on OrderNotRefundableError { tradeState }
    ... on Error { __typename code message }
  }
}`
const REDEEM = `mutation ($tradeCode: String!) {
  redeemTradeCode(input: { tradeCode: $tradeCode }) {
    ... on HomestayOrder { ${ORDER} }
    ... on Error { __typename code message }
  }
}`

interface Order {
  sn: string
  tradeState: string
  tradeCode: string | null
  payment: { sn: string; status: string } | null
}
interface OrderAnswer {
  homestayOrder: Order | null
}
interface OrderList {
  homestayOrders: { edges: { node: Order }[]; pageInfo: { endCursor: string; hasNextPage: boolean } }
}

describe('createHomestayOrder', () => {
  test('answers the order as it was sold', async ({ app, graphql }) => {
    const homestay = await givenHomestay(app)
    const guest = await graphql.signIn('o_guest')
    const input = {
      homestayId: homestay.id,
      liveStartDate: dayFromNow(3),
      liveEndDate: dayFromNow(5),
      livePeopleNum: 2,
      needFood: true,
      remark: '晚到',
    }

    expect(await guest.mutate(CREATE, { input })).toMatchObject({
      ...input,
      __typename: 'HomestayOrder',
      tradeState: 'WAIT_PAY',
      tradeCode: null,
      title: homestay.title,
      pricedBy: 'NIGHT',
      homestayPrice: 12_800,
      homestayTotalPrice: 25_600,
      foodTotalPrice: 12_000,
      orderTotalPrice: 37_600,
      payment: null,
    })
  })

  test('goes without food and remark unless asked', async ({ app, graphql }) => {
    const { id: homestayId } = await givenHomestay(app)
    const guest = await graphql.signIn('o_guest')
    const input = { homestayId, liveStartDate: dayFromNow(3), liveEndDate: dayFromNow(4), livePeopleNum: 1 }

    expect(await guest.mutate(CREATE, { input })).toMatchObject({ needFood: false, remark: '', foodTotalPrice: 0 })
  })

  test('names the fields that break their rules', async ({ app, graphql }) => {
    const { id: homestayId } = await givenHomestay(app)
    const guest = await graphql.signIn('o_guest')
    const input = { homestayId, liveStartDate: dayFromNow(-1), liveEndDate: dayFromNow(4), livePeopleNum: 0 }

    expect(await guest.mutate(CREATE, { input })).toMatchObject({
      __typename: 'InvalidInputError',
      fields: [{ path: 'liveStartDate' }, { path: 'livePeopleNum' }],
    })
  })

  test('tells apart what can’t be booked', async ({ app, graphql }) => {
    const { order } = await givenOrder(app)
    const guest = await graphql.signIn('o_guest')
    const nights = { liveStartDate: dayFromNow(10), liveEndDate: dayFromNow(11), livePeopleNum: 1 }

    const taken = await guest.mutate(CREATE, { input: { homestayId: order.homestayId, ...nights } })
    const unknown = await guest.mutate(CREATE, { input: { homestayId: 'nothing', ...nights } })
    expect([taken, unknown]).toMatchObject([
      { __typename: 'HomestayUnavailableError', code: 'HOMESTAY_UNAVAILABLE' },
      { __typename: 'NotFoundError', code: 'NOT_FOUND' },
    ])
  })

  test('gives the same order for the same idempotency key, and refuses it for other input', async ({
    app,
    graphql,
  }) => {
    const { id: homestayId } = await givenHomestay(app)
    const guest = await graphql.signIn('o_guest')
    const input = {
      homestayId,
      liveStartDate: dayFromNow(3),
      liveEndDate: dayFromNow(4),
      livePeopleNum: 1,
      idempotencyKey: 'a tap',
    }
    const first = await guest.mutate<Order>(CREATE, { input })
    const second = await guest.mutate<Order>(CREATE, { input })
    const other = await guest.mutate(CREATE, { input: { ...input, livePeopleNum: 2 } })

    expect(second.sn).toBe(first.sn)
    expect(other).toMatchObject({ __typename: 'IdempotencyKeyReusedError' })
  })

  test('takes a calendar day alone as a date', async ({ graphql }) => {
    const guest = await graphql.signIn('o_guest')
    for (const liveStartDate of ['2026-02-30', '2026-02-01T00:00:00Z', 'tomorrow', 20_260_201]) {
      const input = { homestayId: 'any', liveStartDate, liveEndDate: dayFromNow(4), livePeopleNum: 1 }
      const answer = await guest.send(CREATE, { input })
      expect(answer).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
    }
  })
})

describe('an order', () => {
  test('is shown to its guest with its payment and, once paid, its entry code', async ({ app, graphql }) => {
    const { guest, order, payment } = await givenPaid(app)
    const client = await graphql.as(guest)

    expect(await client.run(READ, { sn: order.sn })).toMatchObject({
      homestayOrder: {
        tradeState: 'WAIT_USE',
        tradeCode: order.tradeCode,
        payment: { sn: payment.sn, orderSn: order.sn, status: 'SUCCESS' },
      },
    })
  })

  test('is shown to the host of its homestay, without its payment and entry code', async ({ app, graphql }) => {
    const { hostUserId, order } = await givenPaid(app)
    const host = await graphql.as({ id: hostUserId })

    const { homestayOrder } = await host.run<OrderAnswer>(READ, { sn: order.sn })
    expect(homestayOrder).toMatchObject({ sn: order.sn, tradeState: 'WAIT_USE', tradeCode: null, payment: null })
  })

  test('doesn’t exist for anybody else', async ({ app, graphql }) => {
    const { order } = await givenPaid(app)
    const { hostUserId } = await givenHomestay(app)
    const stranger = await graphql.signIn('o_stranger')
    const otherHost = await graphql.as({ id: hostUserId })

    expect(await stranger.run(READ, { sn: order.sn })).toEqual({ homestayOrder: null })
    expect(await otherHost.run(READ, { sn: order.sn })).toEqual({ homestayOrder: null })
    expect(await graphql.anonymous.send(READ, { sn: order.sn })).toMatchObject({
      data: { homestayOrder: null },
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
    for (const mutation of [CANCEL, REFUND]) {
      expect(await stranger.mutate(mutation, { sn: order.sn })).toMatchObject({ __typename: 'NotFoundError' })
      expect(await otherHost.mutate(mutation, { sn: order.sn })).toMatchObject({ __typename: 'NotFoundError' })
    }
  })

  test('shows the entry code in WAIT_USE alone', async ({ app, graphql }) => {
    const { guest, order } = await givenPaid(app)
    await app.deps.db.homestayOrder.update({ where: { sn: order.sn }, data: { tradeState: 'EXPIRED' } })
    const client = await graphql.as(guest)

    const { homestayOrder } = await client.run<OrderAnswer>(READ, { sn: order.sn })
    expect(homestayOrder).toMatchObject({ tradeState: 'EXPIRED', tradeCode: null })
  })

  test('shows the newest of its attempts', async ({ app, graphql }) => {
    const booked = await givenOrder(app)
    const { paymentSn: first } = await tap(app.deps, booked)
    const client = await graphql.as(booked.guest)
    const read = async () => (await client.run<OrderAnswer>(READ, { sn: booked.order.sn })).homestayOrder?.payment

    const closed = { status: 'CLOSED', closedAt: new Date(), version: { increment: 1 } } as const
    await app.deps.db.payment.update({ where: { sn: first }, data: closed })
    expect(await read()).toMatchObject({ sn: first, status: 'CLOSED' })
    const { paymentSn: second } = await tap(app.deps, booked)
    expect(await read()).toMatchObject({ sn: second, status: 'PENDING' })
    await app.deps.db.payment.update({ where: { sn: second }, data: closed })
    expect(await read()).toMatchObject({ sn: second, status: 'CLOSED' })
  })
})

describe('homestayOrders', () => {
  test('are the viewer’s own, newest first, by state when asked', async ({ app, graphql }) => {
    const guest = await givenGuest(app)
    const first = await givenOrder(app, { guest })
    const second = await givenOrder(app, { guest, homestay: await givenHomestay(app) })
    await freshOrder(app)
    const client = await graphql.as(guest)
    await client.mutate(CANCEL, { sn: first.order.sn })
    const list = async (variables = {}) =>
      (await client.run<OrderList>(LIST, variables)).homestayOrders.edges.map(({ node }) => node.sn)

    expect(await list()).toEqual([second.order.sn, first.order.sn])
    expect(await list({ tradeState: 'CANCELLED' })).toEqual([first.order.sn])
    expect(await list({ tradeState: 'USED' })).toEqual([])
  })

  test('are paged', async ({ app, graphql }) => {
    const guest = await givenGuest(app)
    for (let index = 0; index < 3; index++) await givenOrder(app, { guest, homestay: await givenHomestay(app) })
    const client = await graphql.as(guest)
    const first = await client.run<OrderList>(LIST, { first: 2 })
    const { endCursor, hasNextPage } = first.homestayOrders.pageInfo
    const second = await client.run<OrderList>(LIST, { first: 2, after: endCursor })

    expect([hasNextPage, second.homestayOrders.pageInfo.hasNextPage]).toEqual([true, false])
    const sns = [first, second].flatMap(({ homestayOrders }) => homestayOrders.edges.map(({ node }) => node.sn))
    expect(new Set(sns).size).toBe(3)
  })

  test('are read with their payments by three queries, however many', async ({ app }) => {
    const guest = await givenGuest(app)
    for (let index = 0; index < 4; index++) {
      await tap(app.deps, await givenOrder(app, { guest, homestay: await givenHomestay(app) }))
    }
    const { deps, reads } = countingReads(app.deps)
    const graphql = await openTestGraphql(deps)
    const client = await graphql.as(guest)
    reads.length = 0
    const { homestayOrders } = await client.run<OrderList>(LIST)
    await graphql.close()

    expect(homestayOrders.edges.map(({ node }) => node.payment?.status)).toEqual(Array(4).fill('PENDING'))
    expect(reads).toEqual(['$queryRaw', 'HomestayOrder.findMany', 'Payment.findMany'])
  })
})

describe('cancelHomestayOrder', () => {
  test('answers the cancelled order, as often as it is asked', async ({ app, graphql }) => {
    const { guest, order } = await givenOrder(app)
    const client = await graphql.as(guest)

    for (let call = 0; call < 2; call++) {
      expect(await client.mutate(CANCEL, { sn: order.sn })).toMatchObject({ sn: order.sn, tradeState: 'CANCELLED' })
    }
  })

  test('says in which state an order can’t be cancelled', async ({ app, graphql }) => {
    const { guest, order } = await givenPaid(app)
    const client = await graphql.as(guest)

    expect(await client.mutate(CANCEL, { sn: order.sn })).toMatchObject({
      __typename: 'OrderNotCancellableError',
      code: 'ORDER_NOT_CANCELLABLE',
      tradeState: 'WAIT_USE',
    })
  })
})

describe('refundHomestayOrder', () => {
  test('answers the order on its way back, as often as it is asked', async ({ app, graphql }) => {
    const { guest, order } = await givenPaid(app)
    const client = await graphql.as(guest)

    for (let call = 0; call < 2; call++) {
      const refunded = await client.mutate(REFUND, { sn: order.sn, reason: '行程有变' })
      expect(refunded).toMatchObject({ sn: order.sn, tradeState: 'REFUNDING', payment: { status: 'REFUNDING' } })
    }
  })

  test('says in which state an order can’t be refunded', async ({ app, graphql }) => {
    const { guest, order } = await givenOrder(app)
    const client = await graphql.as(guest)

    expect(await client.mutate(REFUND, { sn: order.sn })).toMatchObject({
      __typename: 'OrderNotRefundableError',
      tradeState: 'WAIT_PAY',
    })
  })
})

describe('redeemTradeCode', () => {
  test('answers the order to its host, who sees neither payment nor code', async ({ app, graphql }) => {
    const { hostUserId, order } = await givenPaid(app)
    const host = await graphql.as({ id: hostUserId })
    const typed = ` ${order.tradeCode?.slice(0, 4).toLowerCase()}-${order.tradeCode?.slice(4)} `

    expect(await host.mutate(REDEEM, { tradeCode: typed })).toMatchObject({
      sn: order.sn,
      tradeState: 'USED',
      tradeCode: null,
      payment: null,
    })
    expect((await orderOf(app.deps, order.sn)).tradeState).toBe('USED')
  })

  test('refuses a code that isn’t redeemable here', async ({ app, graphql }) => {
    const { guest, hostUserId, order } = await givenPaid(app)
    const client = await graphql.as(guest)
    const host = await graphql.as({ id: hostUserId })
    const invalid = { __typename: 'TradeCodeInvalidError', code: 'TRADE_CODE_INVALID' }

    expect(await client.mutate(REDEEM, { tradeCode: order.tradeCode })).toMatchObject(invalid)
    expect(await host.mutate(REDEEM, { tradeCode: 'nonsense' })).toMatchObject(invalid)
  })
})
