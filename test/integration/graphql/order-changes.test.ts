import { describe, expect } from '../../harness/app.ts'
import { dayFromNow, givenHomestay, givenOrder, givenPaid, orderOf } from '../../harness/fixtures.ts'
import { test } from '../../harness/graphql.ts'
import { CANCEL, CREATE, type Order, REDEEM, REFUND } from './order-documents.ts'

describe('createHomestayOrder', () => {
  test('creates an order and returns it as it was sold', async ({ app, graphql }) => {
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

  test('creates an order without food and remark by default', async ({ app, graphql }) => {
    const { id: homestayId } = await givenHomestay(app)
    const guest = await graphql.signIn('o_guest')
    const input = { homestayId, liveStartDate: dayFromNow(3), liveEndDate: dayFromNow(4), livePeopleNum: 1 }

    expect(await guest.mutate(CREATE, { input })).toMatchObject({ needFood: false, remark: '', foodTotalPrice: 0 })
  })

  test('names the invalid fields of a new order', async ({ app, graphql }) => {
    const { id: homestayId } = await givenHomestay(app)
    const guest = await graphql.signIn('o_guest')
    const input = { homestayId, liveStartDate: dayFromNow(-1), liveEndDate: dayFromNow(4), livePeopleNum: 0 }

    expect(await guest.mutate(CREATE, { input })).toMatchObject({
      __typename: 'InvalidInputError',
      fields: [{ path: 'liveStartDate' }, { path: 'livePeopleNum' }],
    })
  })

  test('answers HOMESTAY_UNAVAILABLE for taken nights, and NOT_FOUND for an unknown homestay', async ({
    app,
    graphql,
  }) => {
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

  test('returns the same order for the same idempotency key, and refuses the key for other input', async ({
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

  test('answers BAD_USER_INPUT to a date that is no calendar day', async ({ graphql }) => {
    const guest = await graphql.signIn('o_guest')
    for (const liveStartDate of ['2026-02-30', '2026-02-01T00:00:00Z', 'tomorrow', 20_260_201]) {
      const input = { homestayId: 'any', liveStartDate, liveEndDate: dayFromNow(4), livePeopleNum: 1 }
      const answer = await guest.send(CREATE, { input })
      expect(answer).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
    }
  })
})

describe('cancelHomestayOrder', () => {
  test('cancels an order, and returns it again when repeated', async ({ app, graphql }) => {
    const { guest, order } = await givenOrder(app)
    const client = await graphql.as(guest)

    for (let call = 0; call < 2; call++) {
      expect(await client.mutate(CANCEL, { sn: order.sn })).toMatchObject({ sn: order.sn, tradeState: 'CANCELLED' })
    }
  })

  test('answers ORDER_NOT_CANCELLABLE with the state of a paid order', async ({ app, graphql }) => {
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
  test('refunds an order, and returns it in REFUNDING again when repeated', async ({ app, graphql }) => {
    const { guest, order } = await givenPaid(app)
    const client = await graphql.as(guest)

    for (let call = 0; call < 2; call++) {
      const refunded = await client.mutate(REFUND, { sn: order.sn, reason: '行程有变' })
      expect(refunded).toMatchObject({ sn: order.sn, tradeState: 'REFUNDING', payment: { status: 'REFUNDING' } })
    }
  })

  test('answers OrderNotRefundableError with the state of an unpaid order', async ({ app, graphql }) => {
    const { guest, order } = await givenOrder(app)
    const client = await graphql.as(guest)

    expect(await client.mutate(REFUND, { sn: order.sn })).toMatchObject({
      __typename: 'OrderNotRefundableError',
      tradeState: 'WAIT_PAY',
    })
  })
})

describe('redeemTradeCode', () => {
  test('redeems a code for the host, and returns the order without payment and code', async ({ app, graphql }) => {
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

  test('answers TRADE_CODE_INVALID to a guest, and for an unknown code', async ({ app, graphql }) => {
    const { guest, hostUserId, order } = await givenPaid(app)
    const client = await graphql.as(guest)
    const host = await graphql.as({ id: hostUserId })
    const invalid = { __typename: 'TradeCodeInvalidError', code: 'TRADE_CODE_INVALID' }

    expect(await client.mutate(REDEEM, { tradeCode: order.tradeCode })).toMatchObject(invalid)
    expect(await host.mutate(REDEEM, { tradeCode: 'nonsense' })).toMatchObject(invalid)
  })
})
