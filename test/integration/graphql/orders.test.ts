import { describe, expect } from '../../harness/app.ts'
import { freshOrder, givenGuest, givenHomestay, givenOrder, givenPaid, tap } from '../../harness/fixtures.ts'
import { countingReads, openTestGraphql, test } from '../../harness/graphql.ts'
import { CANCEL, LIST, type OrderAnswer, type OrderList, READ, REFUND } from './order-documents.ts'

describe('an order', () => {
  test('shows a paid order to its guest with its payment and entry code', async ({ app, graphql }) => {
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

  test('shows an order to its host without its payment and entry code', async ({ app, graphql }) => {
    const { hostUserId, order } = await givenPaid(app)
    const host = await graphql.as({ id: hostUserId })

    const { homestayOrder } = await host.run<OrderAnswer>(READ, { sn: order.sn })
    expect(homestayOrder).toMatchObject({ sn: order.sn, tradeState: 'WAIT_USE', tradeCode: null, payment: null })
  })

  test('hides an order from everybody but its guest and host', async ({ app, graphql }) => {
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

  test('hides the entry code of an EXPIRED order', async ({ app, graphql }) => {
    const { guest, order } = await givenPaid(app)
    await app.deps.db.homestayOrder.update({ where: { sn: order.sn }, data: { tradeState: 'EXPIRED' } })
    const client = await graphql.as(guest)

    const { homestayOrder } = await client.run<OrderAnswer>(READ, { sn: order.sn })
    expect(homestayOrder).toMatchObject({ tradeState: 'EXPIRED', tradeCode: null })
  })

  test('shows an order with its newest attempt', async ({ app, graphql }) => {
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
  test('lists the viewer’s own orders, newest first, filtered by state', async ({ app, graphql }) => {
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

  test('pages the viewer’s orders', async ({ app, graphql }) => {
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

  test('reads any number of orders and their payments by three queries', async ({ app }) => {
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
    expect(reads.toSorted()).toEqual(['$queryRaw', '$queryRaw', 'HomestayOrder.findMany', 'Payment.findMany'])
  })
})
