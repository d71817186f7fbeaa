import type { Message } from '../../../prisma/client/client.ts'
import type { Deps } from '../../../src/deps.ts'
import { deliverDue } from '../../../src/notification/deliver.ts'
import { recordMessageConsent } from '../../../src/order/consent.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { interruptEverywhere } from '../../harness/cut-connection.ts'
import { deliverMessage } from '../../harness/deliver.ts'
import { acceptMessages, freshOrder, givenPaid, type Tapped } from '../../harness/fixtures.ts'
import { deliverAll } from '../../harness/payable-messages.ts'
import { race, whileLocked } from '../../harness/race.ts'

interface Paid extends Tapped {
  openid: string
}

/** A paid order whose guest has accepted nothing; its two messages are enqueued and not sent. */
async function givenUnasked(app: TestApp): Promise<Paid> {
  const paid = await givenPaid(app, await freshOrder(app))
  const { openid } = paid.payment
  for (const templateId of templatesOf(app)) takeConsents(app, { openid, templateId })
  return { ...paid, openid }
}

/** The same, and WeChat has refused both messages. */
async function givenRefused(app: TestApp): Promise<Paid> {
  const paid = await givenUnasked(app)
  await deliverDue(app.deps)
  expect(await statusesOf(app.deps, paid)).toEqual(['ORDER_PAID REFUSED 1', 'CHECK_IN REFUSED 1'])
  return paid
}

function takeConsents({ sandbox }: TestApp, consent: { openid: string; templateId: string }): void {
  sandbox.ledger.commit(['consents', { ...consent, left: 0 }])
}

function templatesOf({ sandbox }: TestApp): string[] {
  return Object.values(sandbox.credentials.templates)
}

/** The guest answers WeChat and the client reports it. */
async function accept(app: TestApp, { openid, ...paid }: Paid, deps = app.deps): Promise<void> {
  acceptMessages(app, openid)
  await report(app, { ...paid, openid }, true, deps)
}

function report(app: TestApp, { order, guest }: Paid, isAccepted: boolean, deps = app.deps): Promise<void> {
  const [accepted, rejected] = isAccepted ? [templatesOf(app), []] : [[], templatesOf(app)]
  return recordMessageConsent(deps, { userId: guest.id, orderSn: order.sn, accepted, rejected })
}

async function messagesOf({ db }: Deps, { payment }: Paid): Promise<Message[]> {
  return db.message.findMany({ where: { paymentSn: payment.sn }, orderBy: { kind: 'asc' } })
}

async function statusesOf(deps: Deps, paid: Paid): Promise<string[]> {
  return (await messagesOf(deps, paid)).map(({ kind, status, tries }) => `${kind} ${status} ${tries}`)
}

const SENT = ['ORDER_PAID SENT 1', 'CHECK_IN SENT 1']
const UNTRIED = ['ORDER_PAID PENDING 0', 'CHECK_IN PENDING 0']

async function refusedCount({ metrics }: Deps): Promise<Record<string, number>> {
  const { values } = await metrics.messagesRefused.get()
  return Object.fromEntries(values.map(({ labels, value }) => [`${labels.kind} ${labels.reason}`, value]))
}

describe('a message without its guest’s consent', () => {
  test('is tried once, refused, and counted', async ({ app }) => {
    const paid = await givenRefused(app)
    await deliverAll(app.deps)

    expect(await statusesOf(app.deps, paid)).toEqual(['ORDER_PAID REFUSED 1', 'CHECK_IN REFUSED 1'])
    expect(await refusedCount(app.deps)).toEqual({ 'ORDER_PAID no-consent': 1, 'CHECK_IN no-consent': 1 })
    expect(app.sandbox.messages()).toEqual([])
  })

  test('is refused without asking WeChat when its guest has rejected it', async ({ app }) => {
    const paid = await givenUnasked(app)
    acceptMessages(app, paid.openid)
    await report(app, paid, false)

    await deliverAll(app.deps)

    expect(await statusesOf(app.deps, paid)).toEqual(['ORDER_PAID REFUSED 0', 'CHECK_IN REFUSED 0'])
    expect(await refusedCount(app.deps)).toEqual({ 'ORDER_PAID rejected': 1, 'CHECK_IN rejected': 1 })
    expect(app.sandbox.messages()).toEqual([])
  })
})

describe('an acceptance', () => {
  test('before a message is due sends it once, when it is due', async ({ app }) => {
    const booked = await freshOrder(app)
    const accepted = templatesOf(app)
    await recordMessageConsent(app.deps, {
      userId: booked.guest.id,
      orderSn: booked.order.sn,
      accepted,
      rejected: [],
    })
    const paid = { ...(await givenPaid(app, booked)), openid: booked.guest.nickname }

    for (const _ of [1, 2]) await deliverAll(app.deps)

    expect(await statusesOf(app.deps, paid)).toEqual(SENT)
    expect(app.sandbox.messages()).toHaveLength(2)
  })

  test('after a refusal sends what was refused, once', async ({ app }) => {
    const paid = await givenRefused(app)
    await accept(app, paid)
    expect(await statusesOf(app.deps, paid)).toEqual(UNTRIED)

    for (const _ of [1, 2]) await deliverDue(app.deps)

    expect(await statusesOf(app.deps, paid)).toEqual(SENT)
    expect(app.sandbox.messages(paid.openid)).toHaveLength(2)
  })

  test('after a rejection counts, and the last answer counts before a message is due', async ({ app }) => {
    const paid = await givenUnasked(app)
    acceptMessages(app, paid.openid)
    await report(app, paid, false)
    await deliverAll(app.deps)
    await report(app, paid, true)
    await report(app, paid, false)
    await deliverAll(app.deps)
    expect(app.sandbox.messages()).toEqual([])

    await report(app, paid, true)
    await deliverAll(app.deps)
    expect(await statusesOf(app.deps, paid)).toEqual(SENT)
  })

  test('sends a refused message and no other: what was sent stays sent', async ({ app }) => {
    const paid = await givenUnasked(app)
    const { orderPaid } = app.sandbox.credentials.templates
    app.sandbox.consent({ openid: paid.openid, accepted: [orderPaid] })
    await deliverDue(app.deps)
    expect(await statusesOf(app.deps, paid)).toEqual(['ORDER_PAID SENT 1', 'CHECK_IN REFUSED 1'])

    for (const _ of [1, 2]) await accept(app, paid)
    await deliverDue(app.deps)

    expect(await statusesOf(app.deps, paid)).toEqual(SENT)
    expect(app.sandbox.messages(paid.openid)).toHaveLength(2)
  })

  test('that WeChat knows nothing of has each message tried once more, and refused', async ({ app }) => {
    const paid = await givenRefused(app)
    for (const _ of [1, 2]) await report(app, paid, true)
    for (const _ of [1, 2]) await deliverDue(app.deps)

    expect(await statusesOf(app.deps, paid)).toEqual(['ORDER_PAID REFUSED 1', 'CHECK_IN REFUSED 1'])
    expect(await refusedCount(app.deps)).toEqual({ 'ORDER_PAID no-consent': 2, 'CHECK_IN no-consent': 2 })
  })

  test('gives a message three tries with an unknown outcome again', async ({ app }) => {
    const paid = await givenRefused(app)
    app.sandbox.faults.add({ endpoint: 'subscribe-message', kind: 'reset-before', times: 4 })
    await accept(app, paid)

    for (const _ of [1, 2, 3]) await deliverAll(app.deps)

    expect(await statusesOf(app.deps, paid)).toEqual(['ORDER_PAID SENT 3', 'CHECK_IN SENT 3'])
  })

  test('sends nothing a day after the message became due', async ({ app }) => {
    const paid = await givenRefused(app)
    await app.deps.db.$executeRaw`UPDATE message SET "createdAt" = now() - interval '24 hours 1 minute'`
    await accept(app, paid)
    await deliverAll(app.deps)

    expect(await statusesOf(app.deps, paid)).toEqual(['ORDER_PAID REFUSED 1', 'CHECK_IN REFUSED 1'])
    expect(app.sandbox.messages()).toEqual([])
  })

  test('sends no entry code of an order whose money went back', async ({ app }) => {
    const paid = await givenRefused(app)
    await app.deps.db.homestayOrder.update({ where: { sn: paid.order.sn }, data: { tradeState: 'REFUNDED' } })
    await accept(app, paid)
    await deliverAll(app.deps)

    expect(await statusesOf(app.deps, paid)).toEqual(['ORDER_PAID DROPPED 0', 'CHECK_IN DROPPED 0'])
    expect(app.sandbox.messages()).toEqual([])
  })
})

describe('an acceptance at the same time as other things', () => {
  test('from two devices at once sends each message once', async ({ app }) => {
    const paid = await givenRefused(app)
    const [first] = await messagesOf(app.deps, paid)

    const calls = [1, 2].map(() => () => accept(app, paid))
    const ends = await race(app, { table: 'message', key: first?.id ?? '' }, calls)
    await Promise.all([deliverDue(app.deps), deliverDue(app.deps)])

    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    expect(await statusesOf(app.deps, paid)).toEqual(SENT)
    expect(app.sandbox.messages(paid.openid)).toHaveLength(2)
  })

  test('while WeChat is refusing the message has it sent: the refusal may be older', async ({ app }) => {
    const paid = await givenUnasked(app)
    const { openid } = paid
    // WeChat decides at once, and its answer takes a while.
    app.sandbox.faults.add({ endpoint: 'subscribe-message', kind: 'slow', delayMs: 1_000, times: 2, match: openid })
    const delivering = deliverDue(app.deps)
    await expect.poll(() => app.sandbox.faults.list()).toEqual([])
    await accept(app, paid)
    await delivering
    await deliverAll(app.deps)

    expect(await statusesOf(app.deps, paid)).toEqual(SENT)
    expect(app.sandbox.messages(openid)).toHaveLength(2)
  })

  test.for(['acceptance', 'refusal'] as const)(
    'has the message sent whichever of both is recorded first: the %s',
    async (first, { app }) => {
      const paid = await givenUnasked(app)
      const [{ id: messageId } = { id: '' }] = await messagesOf(app.deps, paid)
      app.sandbox.faults.add({ endpoint: 'subscribe-message', kind: 'slow', delayMs: 500, times: 1 })
      const delivering = deliverMessage(app.deps, { messageId })
      await expect.poll(() => app.sandbox.faults.list()).toEqual([])

      await whileLocked(app, { table: 'message', key: messageId }, async (waiters) => {
        if (first === 'refusal') await waiters(1)
        const accepting = accept(app, paid)
        await waiters(first === 'refusal' ? 2 : 1)
        if (first === 'acceptance') await waiters(2)
        return () => Promise.all([accepting, delivering])
      })
      await deliverAll(app.deps)

      expect(await statusesOf(app.deps, paid)).toEqual(SENT)
    },
  )

  test('right after a message was read as rejected leaves it to the next run', async ({ app }) => {
    const paid = await givenUnasked(app)
    await report(app, paid, false)
    const { db } = app.deps
    // Between the read and what is recorded of it.
    let isAccepted = false
    const acceptAfterRead = db.$extends({
      query: {
        async $queryRaw({ args, query }) {
          const rows: unknown = await query(args)
          if (!isAccepted) {
            isAccepted = true
            await accept(app, paid)
          }
          return rows
        },
      },
    }) as unknown as Deps['db']
    const ids = (await messagesOf(app.deps, paid)).map(({ id }) => id)
    for (const messageId of ids) await deliverMessage({ ...app.deps, db: acceptAfterRead }, { messageId })
    await deliverAll(app.deps)

    expect(await statusesOf(app.deps, paid)).toEqual(SENT)
  })
})

describe('a process that dies', () => {
  test('while it records an acceptance leaves all of it or nothing, and a repeat sends each message once', async ({
    app,
  }) => {
    const interruptions = await interruptEverywhere(app, {
      given: () => givenRefused(app),
      run: (deps, paid) => report(app, paid, true, deps),
      between: async ({ order }) => {
        const torn = await app.deps.db.$queryRaw`
          SELECT m.id FROM message m LEFT JOIN message_consent c ON c."orderSn" = m."orderSn" AND c."isAccepted"
          WHERE m."orderSn" = ${order.sn} GROUP BY m.id HAVING (m.status = 'PENDING') <> (count(c.*) > 0)`
        expect(torn).toEqual([])
      },
      end: async (paid) => {
        acceptMessages(app, paid.openid)
        await deliverAll(app.deps)
        return { statuses: await statusesOf(app.deps, paid), received: app.sandbox.messages(paid.openid).length }
      },
    })
    expect(interruptions).toBeGreaterThan(2)
  })

  test('between recording an acceptance and sending loses nothing: another worker sends', async ({ app }) => {
    const paid = await givenRefused(app)
    await accept(app, paid)
    // The worker that claimed both died with them.
    await app.deps.db.$executeRaw`
      UPDATE message SET tries = 1, "nextTryAt" = now() + interval '60 seconds' WHERE status = 'PENDING'`
    await deliverDue(app.deps)
    expect(app.sandbox.messages()).toEqual([])

    await deliverAll(app.deps)

    expect(await statusesOf(app.deps, paid)).toEqual(['ORDER_PAID SENT 2', 'CHECK_IN SENT 2'])
    expect(app.sandbox.messages(paid.openid)).toHaveLength(2)
  })
})
