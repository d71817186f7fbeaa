import type { Deps } from '../../../src/deps.ts'
import { deliverDue } from '../../../src/notification/deliver.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { describe, expect, type TestApp } from '../../harness/app.ts'
import { acceptMessages, freshOrder, givenOrder, givenPaid } from '../../harness/fixtures.ts'
import { countingReads, openTestGraphql, test } from '../../harness/graphql.ts'
import { connectGraphql } from '../../harness/graphql-client.ts'
import { givenCancelled } from '../../harness/money.ts'
import { deliverAll } from '../../harness/payable-messages.ts'

const TEMPLATES = '{ messageTemplates { kind templateId } }'
const READ = 'query ($sn: ID!) { homestayOrder(sn: $sn) { messages { kind status sentAt } } }'
const CONSENT = `mutation ($input: RecordMessageConsentInput!) {
  recordMessageConsent(input: $input) {
    __typename
    ... on HomestayOrder { sn messages { kind status sentAt } }
    ... on InvalidInputError { fields { path message } }
    ... on Error { code message }
  }
}`

interface Answer {
  homestayOrder: { messages: { kind: string; status: string; sentAt: string | null }[] } | null
}

const INSTANT = expect.stringMatching(/^\d{4}-.*Z$/)

/** Each kind with its status, and when it was sent. */
const states = (orderPaid: string, checkIn: string, refunded: string) =>
  Object.entries({ ORDER_PAID: orderPaid, CHECK_IN: checkIn, REFUNDED: refunded }).map(([kind, status]) => ({
    kind,
    status,
    sentAt: status === 'SENT' ? INSTANT : null,
  }))

function templateIds({ sandbox }: TestApp): string[] {
  return Object.values(sandbox.credentials.templates)
}

/** The API of the same app, without a template for CHECK_IN. */
async function openWithoutCheckIn({ deps }: TestApp) {
  const { wechat } = deps.config
  const config = { ...deps.config, wechat: { ...wechat, templates: { ...wechat.templates, checkIn: undefined } } }
  const without: Deps = { ...deps, config }
  return { deps: without, graphql: await openTestGraphql(without) }
}

/** WeChat lets none of the guest's messages through until they accept. */
function takeConsents({ sandbox }: TestApp, openid: string): void {
  for (const templateId of Object.values(sandbox.credentials.templates))
    sandbox.ledger.commit(['consents', { openid, templateId, left: 0 }])
}

describe('messageTemplates', () => {
  test('tells anybody the ids to ask for', async ({ app, graphql }) => {
    const { orderPaid, checkIn, refunded } = app.sandbox.credentials.templates

    expect(await graphql.anonymous.run(TEMPLATES)).toEqual({
      messageTemplates: [
        { kind: 'ORDER_PAID', templateId: orderPaid },
        { kind: 'CHECK_IN', templateId: checkIn },
        { kind: 'REFUNDED', templateId: refunded },
      ],
    })
  })

  test('leaves out what isn’t configured', async ({ app }) => {
    const { graphql } = await openWithoutCheckIn(app)
    const { messageTemplates } = await graphql.anonymous.run<{ messageTemplates: { kind: string }[] }>(TEMPLATES)
    await graphql.close()

    expect(messageTemplates.map(({ kind }) => kind)).toEqual(['ORDER_PAID', 'REFUNDED'])
  })
})

describe('the messages of an order', () => {
  test('wait until they are due, are sent, and skipped once they are of no use', async ({ app, graphql }) => {
    const { deps } = app
    const booked = await givenOrder(app)
    const guest = await graphql.as(booked.guest)
    const read = async () => (await guest.run<Answer>(READ, { sn: booked.order.sn })).homestayOrder?.messages
    expect(await read()).toEqual(states('WAITING', 'WAITING', 'WAITING'))

    const { payment } = await givenPaid(app, booked)
    expect(await read()).toEqual(states('WAITING', 'WAITING', 'WAITING'))
    await deliverDue(deps)
    expect(await read()).toEqual(states('SENT', 'SENT', 'WAITING'))

    await refundHomestayOrder(deps, { userId: booked.guest.id, sn: booked.order.sn })
    await app.startWorkers()
    await expect.poll(read).toEqual(states('SENT', 'SENT', 'SENT'))
    await applyToOrder(deps, { paymentSn: payment.sn })
    expect(await read()).toEqual(states('SENT', 'SENT', 'SENT'))
  })

  test('of a cancelled order are skipped, but for the refund of money that comes late', async ({ app, graphql }) => {
    const { guest, order } = await givenCancelled(app)
    const client = await graphql.as(guest)

    expect((await client.run<Answer>(READ, { sn: order.sn })).homestayOrder?.messages).toEqual(
      states('SKIPPED', 'SKIPPED', 'WAITING'),
    )
  })

  test('are skipped without a template, and a day after they became due', async ({ app, graphql }) => {
    const { guest, order } = await givenPaid(app)
    takeConsents(app, guest.nickname)
    await deliverDue(app.deps)
    const { graphql: without } = await openWithoutCheckIn(app)
    const messagesFor = async (api: typeof without) =>
      (await (await api.as(guest)).run<Answer>(READ, { sn: order.sn })).homestayOrder?.messages
    expect(await messagesFor(without)).toEqual(states('REFUSED', 'SKIPPED', 'WAITING'))
    await without.close()

    await app.deps.db.$executeRaw`UPDATE message SET "createdAt" = now() - interval '25 hours'`
    expect(await messagesFor(graphql)).toEqual(states('SKIPPED', 'SKIPPED', 'WAITING'))
  })

  test('that were refused are of no use once the order’s money went back', async ({ app, graphql }) => {
    const { guest, order } = await givenPaid(app)
    takeConsents(app, guest.nickname)
    await deliverDue(app.deps)
    await app.deps.db.homestayOrder.update({ where: { sn: order.sn }, data: { tradeState: 'REFUNDED' } })
    const client = await graphql.as(guest)

    expect((await client.run<Answer>(READ, { sn: order.sn })).homestayOrder?.messages).toEqual(
      states('SKIPPED', 'SKIPPED', 'WAITING'),
    )
  })

  test('are for its guest alone, and not those of another kind of order with its number', async ({ app, graphql }) => {
    const { guest, hostUserId, order, payment } = await givenPaid(app)
    await deliverDue(app.deps)
    const host = await graphql.as({ id: hostUserId })
    expect(await host.run(READ, { sn: order.sn })).toEqual({ homestayOrder: { messages: [] } })

    await app.deps.db.$transaction([
      app.deps.db.$executeRaw`SET LOCAL session_replication_role = replica`,
      app.deps.db.$executeRaw`UPDATE payment SET "serviceType" = 'COURSE_ENROLMENT' WHERE sn = ${payment.sn}`,
    ])
    const client = await graphql.as(guest)
    expect(await client.run(READ, { sn: order.sn })).toMatchObject({
      homestayOrder: { messages: states('WAITING', 'WAITING', 'WAITING') },
    })
  })

  test('are read together for a whole list', async ({ app }) => {
    const { guest } = await givenPaid(app)
    await givenPaid(app, await givenOrder(app, { guest }))
    await deliverDue(app.deps)
    const { deps, reads } = countingReads(app.deps)
    const counted = await openTestGraphql(deps)
    const client = await counted.as(guest)
    await client.run('{ homestayOrders { edges { node { sn } } } }')
    const withoutMessages = reads.length
    reads.length = 0

    const { homestayOrders } = await client.run<{ homestayOrders: { edges: { node: Answer['homestayOrder'] }[] } }>(
      '{ homestayOrders { edges { node { messages { kind status sentAt } } } } }',
    )
    await counted.close()

    expect(homestayOrders.edges.map(({ node }) => node?.messages)).toEqual(
      Array(2).fill(states('SENT', 'SENT', 'WAITING')),
    )
    expect(reads.length).toBeLessThanOrEqual(withoutMessages + 1)
  })
})

describe('recordMessageConsent', () => {
  test('sends what was refused once its guest accepts', async ({ app, graphql }) => {
    const { guest, order, payment } = await givenPaid(app)
    takeConsents(app, payment.openid)
    await deliverDue(app.deps)
    const client = await graphql.as(guest)
    expect((await client.run<Answer>(READ, { sn: order.sn })).homestayOrder?.messages).toEqual(
      states('REFUSED', 'REFUSED', 'WAITING'),
    )

    acceptMessages(app, payment.openid)
    const input = { orderSn: order.sn, accepted: templateIds(app) }
    expect(await client.mutate(CONSENT, { input })).toEqual({
      __typename: 'HomestayOrder',
      sn: order.sn,
      messages: states('WAITING', 'WAITING', 'WAITING'),
    })
    await deliverDue(app.deps)

    expect((await client.run<Answer>(READ, { sn: order.sn })).homestayOrder?.messages).toEqual(
      states('SENT', 'SENT', 'WAITING'),
    )
  })

  test('keeps the last answer for each template, ignores unknown ones, and changes nothing again', async ({
    app,
    graphql,
  }) => {
    const { guest, order } = await freshOrder(app)
    const client = await graphql.as(guest)
    const { orderPaid, checkIn } = app.sandbox.credentials.templates
    const answer = (accepted: string[], rejected: string[] = []) =>
      client.mutate(CONSENT, { input: { orderSn: order.sn, accepted, rejected } })
    await answer([orderPaid], [checkIn])
    for (const _ of [1, 2]) await answer([checkIn, 'of another app', ''], [orderPaid])
    expect(await answer(['unknown'], [])).toMatchObject({ __typename: 'HomestayOrder' })

    const stored = await app.deps.db.messageConsent.findMany({ where: { orderSn: order.sn } })
    expect(new Map(stored.map(({ templateId, isAccepted }) => [templateId, isAccepted]))).toEqual(
      new Map([
        [orderPaid, false],
        [checkIn, true],
      ]),
    )
  })

  test('finds no order of somebody else’s, not even for its host', async ({ app, graphql }) => {
    const { hostUserId, order } = await givenPaid(app)
    takeConsents(app, 'o_guest')
    await deliverDue(app.deps)
    const input = { orderSn: order.sn, accepted: templateIds(app) }
    for (const client of [await graphql.signIn('o_stranger'), await graphql.as({ id: hostUserId })]) {
      expect(await client.mutate(CONSENT, { input })).toMatchObject({ __typename: 'NotFoundError', code: 'NOT_FOUND' })
      const unknown = { input: { ...input, orderSn: 'HO-unknown' } }
      expect(await client.mutate(CONSENT, unknown)).toMatchObject({ __typename: 'NotFoundError' })
    }
    expect((await graphql.anonymous.send(CONSENT, { input })).errors).toMatchObject([
      { extensions: { code: 'UNAUTHENTICATED' } },
    ])

    await deliverAll(app.deps)
    expect(await app.deps.db.messageConsent.count()).toBe(0)
    expect(await app.deps.db.message.count({ where: { status: 'REFUSED', tries: 1 } })).toBe(2)
  })

  test('refuses an answer that contradicts itself, and one about too many templates', async ({ app, graphql }) => {
    const { guest, order } = await freshOrder(app)
    const client = await graphql.as(guest)
    const both = { orderSn: order.sn, accepted: ['a', 'b'], rejected: ['b'] }
    expect(await client.mutate(CONSENT, { input: both })).toMatchObject({
      __typename: 'InvalidInputError',
      fields: [{ path: 'rejected', message: 'must not name an id of accepted' }],
    })
    const many = { orderSn: order.sn, accepted: Array.from({ length: 21 }, (_, nth) => `template ${nth}`) }
    expect(await client.mutate(CONSENT, { input: many })).toMatchObject({
      __typename: 'InvalidInputError',
      fields: [{ path: 'accepted' }],
    })
    const inChinese = connectGraphql(graphql.url, client.accessToken, 'zh-CN')
    for (const input of [both, many])
      expect(await inChinese.mutate(CONSENT, { input })).toMatchObject({
        message: expect.stringContaining('请改正'),
        fields: [{ message: expect.stringMatching(/\p{Script=Han}/u) }],
      })
  })
})
