import { acceptMismatch, refundMismatch } from '../../../src/payment/review/decide.ts'
import { dismissMismatch } from '../../../src/payment/review/dismiss.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect, type TestApp } from '../../harness/app.ts'
import { bookingOf } from '../../harness/booking.ts'
import { givenHomestay, givenPaid, givenTapped, orderOf, type Tapped } from '../../harness/fixtures.ts'
import { test } from '../../harness/graphql.ts'
import { openSocket, subscribe } from '../../harness/graphql-client.ts'
import { loseNotices } from '../../harness/money.ts'
import { amountOf, paidReport } from '../../harness/reports.ts'
import { letPass } from '../../harness/time.ts'

const STATUS = 'query ($sn: ID!) { paymentStatus(sn: $sn) { status underReview version } }'
const CHANGED = 'subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { status underReview version } }'
const PAY = `mutation ($sn: ID!) {
  wxPay(input: { orderSn: $sn }) { __typename ... on OrderAlreadyPaidError { paymentSn } ... on Error { message } }
}`
const CANCEL = `mutation ($sn: ID!) {
  cancelHomestayOrder(input: { sn: $sn }) { __typename ... on Error { message } }
}`
const REFUND = `mutation ($sn: ID!) {
  refundHomestayOrder(input: { sn: $sn }) { __typename ... on Error { message } }
}`
const BOOK = `mutation ($input: CreateHomestayOrderInput!) {
  createHomestayOrder(input: $input) { __typename ... on Error { message } }
}`

interface State {
  status: string
  underReview: boolean
  version: number
}

/** Money that WeChat reports with a wrong amount. */
async function reportMismatch(app: TestApp, { payment }: Pick<Tapped, 'payment'>): Promise<{ mismatchId: string }> {
  loseNotices(app)
  const { transactionId } = app.sandbox.payLate(payment.sn)
  const transaction = paidReport(payment, { transaction_id: transactionId, amount: amountOf(10_000) })
  await settle(app.deps, { transaction, source: 'NOTICE' })
  const { id } = await app.deps.db.paymentMismatch.findFirstOrThrow({ where: { paymentSn: payment.sn } })
  return { mismatchId: id }
}

/** A second transaction of a payment that was paid already. */
async function reportSecondTransaction(app: TestApp, { payment }: Tapped): Promise<{ mismatchId: string }> {
  await settle(app.deps, { transaction: paidReport(payment), source: 'NOTICE' })
  const { id } = await app.deps.db.paymentMismatch.findFirstOrThrow({ where: { paymentSn: payment.sn } })
  return { mismatchId: id }
}

const operatorLooks = expect.stringContaining('an operator is looking at it')

describe('a payment under review', () => {
  test.for([
    ['accepts', acceptMismatch, { status: 'SUCCESS', underReview: false }],
    ['refunds', refundMismatch, { status: 'SUCCESS', underReview: false }],
  ] as const)(
    'streams that a payment is under review, and that an operator %s it, each with a new version',
    async ([, decide, after], { app, graphql }) => {
      const tapped = await givenTapped(app)
      const client = await graphql.as(tapped.guest)
      const socket = openSocket(graphql.url, client.accessToken)
      const stream = subscribe<{ paymentStatusChanged: State }>(socket, CHANGED, { sn: tapped.payment.sn })
      const states = () => stream.received.map(({ data }) => data?.paymentStatusChanged)
      await expect.poll(states).toEqual([{ status: 'PENDING', underReview: false, version: 1 }])

      const { mismatchId } = await reportMismatch(app, tapped)
      await expect.poll(() => states().at(-1)).toEqual({ status: 'PENDING', underReview: true, version: 2 })
      // A query of WeChat would settle the money as it is there.
      app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable', times: 20 })
      expect(await client.run(STATUS, { sn: tapped.payment.sn })).toMatchObject({
        paymentStatus: { underReview: true },
      })
      app.sandbox.faults.clear('query')

      await decide(app.deps, { mismatchId })
      await expect.poll(() => states().find((state) => state?.version === 3)).toEqual({ ...after, version: 3 })
      stream.stop()
      await socket.dispose()
    },
  )

  test('streams that a dismissed second transaction ends the review of a paid payment', async ({ app, graphql }) => {
    const paid = await givenPaid(app)
    const client = await graphql.as(paid.guest)
    const read = async () => (await client.run<{ paymentStatus: State }>(STATUS, { sn: paid.payment.sn })).paymentStatus
    const before = await read()

    const { mismatchId } = await reportSecondTransaction(app, paid)
    expect(await read()).toEqual({ ...before, underReview: true, version: before.version + 1 })

    await dismissMismatch(app.deps, { mismatchId })
    expect(await read()).toEqual({ ...before, version: before.version + 2 })
  })

  test('answers that an operator is looking at it to whoever pays, cancels or refunds the order of a payment under review', async ({
    app,
    graphql,
  }) => {
    const tapped = await givenTapped(app)
    await reportMismatch(app, tapped)
    const client = await graphql.as(tapped.guest)
    const { sn } = tapped.order

    expect(await client.mutate(PAY, { sn })).toEqual({
      __typename: 'OrderAlreadyPaidError',
      paymentSn: tapped.payment.sn,
      message: operatorLooks,
    })
    expect(await client.mutate(CANCEL, { sn })).toEqual({
      __typename: 'OrderNotCancellableError',
      message: operatorLooks,
    })
    expect(await client.mutate(REFUND, { sn })).toEqual({
      __typename: 'OrderNotRefundableError',
      message: operatorLooks,
    })
  })

  test('answers the same about a paid order while a second transaction of its payment is under review', async ({
    app,
    graphql,
  }) => {
    const paid = await givenPaid(app)
    await reportSecondTransaction(app, paid)
    const client = await graphql.as(paid.guest)

    for (const mutation of [PAY, CANCEL, REFUND])
      expect(await client.mutate(mutation, { sn: paid.order.sn })).toMatchObject({ message: operatorLooks })
  })

  test('answers the same about an order whose time to pay ended, which is paid once the money is accepted', async ({
    app,
    graphql,
  }) => {
    const tapped = await givenTapped(app)
    const { mismatchId } = await reportMismatch(app, tapped)
    await letPass(app, 4_000)
    const client = await graphql.as(tapped.guest)

    for (const mutation of [PAY, CANCEL, REFUND])
      expect(await client.mutate(mutation, { sn: tapped.order.sn })).toMatchObject({ message: operatorLooks })

    await acceptMismatch(app.deps, { mismatchId })
    expect(await orderOf(app.deps, tapped.order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
  })
})

describe('the limit of unpaid orders', () => {
  test.override({ env: { ORDER_UNPAID_LIMIT: '1' } })

  test('does not count an order whose payment is under review as unpaid', async ({ app, graphql }) => {
    const tapped = await givenTapped(app)
    const client = await graphql.as(tapped.guest)
    const book = async () => client.mutate(BOOK, { input: bookingOf(await givenHomestay(app)) })
    expect(await book()).toMatchObject({ __typename: 'TooManyUnpaidOrdersError' })

    await reportMismatch(app, tapped)
    expect(await book()).toMatchObject({ __typename: 'HomestayOrder' })
    expect(await book()).toMatchObject({ __typename: 'TooManyUnpaidOrdersError' })
  })
})
