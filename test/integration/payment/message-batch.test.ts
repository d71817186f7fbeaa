import { onTestFinished } from 'vitest'
import type { Deps } from '../../../src/deps.ts'
import { deliverDue, deliverMessages } from '../../../src/notification/deliver.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenGuest, givenOrder, givenPaid } from '../../harness/fixtures.ts'
import { countingReads } from '../../harness/graphql.ts'
import { whileLocked } from '../../harness/race.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

/** Longer than a test may take. */
const NEVER_MS = 3_600_000

/** The messages of so many paid orders, enqueued and not sent: two of each. */
async function givenEnqueued(app: TestApp, orders: number): Promise<{ messageId: string }[]> {
  for (let nth = 0; nth < orders; nth++)
    await givenPaid(app, await givenOrder(app, { guest: await givenGuest(app, `o_guest${nth}`) }))
  const messages = await app.deps.db.message.findMany({ where: { status: 'PENDING' }, orderBy: { id: 'asc' } })
  return messages.map(({ id }) => ({ messageId: id }))
}

function statusesOf({ db }: Deps, messages: { messageId: string }[]) {
  return Promise.all(
    messages.map(async ({ messageId }) => {
      const { status, tries } = await db.message.findUniqueOrThrow({ where: { id: messageId } })
      return `${status} ${tries}`
    }),
  )
}

/** The app's deps, for which WeChat's answers to the first messages, so many, are held back until they are released. */
async function holdAnswers(app: TestApp, messages: number) {
  const proxy = await openWechatProxy(app)
  onTestFinished(() => proxy.close())
  const held = Array.from({ length: messages }, () => proxy.hold('/message/subscribe/send'))
  const mini = { ...app.deps.mini, apiUrl: proxy.deps.wechat.apiUrl, timeoutMs: NEVER_MS }
  return {
    deps: { ...app.deps, mini },
    /** Resolves once WeChat has all of them. */
    arrived: Promise.all(held.map(({ answered }) => answered)),
    release: () => {
      for (const { release } of held) release()
    },
  }
}

describe('messages delivered together', () => {
  test('reads and claims messages together, however many they are', async ({ app }) => {
    const messages = await givenEnqueued(app, 6)
    const { deps, reads } = countingReads(app.deps)

    const ends = await deliverMessages(deps, messages)

    expect(ends.map(({ status }) => status)).toEqual(messages.map(() => 'fulfilled'))
    expect(await statusesOf(deps, messages)).toEqual(messages.map(() => 'SENT 1'))
    expect(app.sandbox.messages()).toHaveLength(12)
    expect(reads.filter((operation) => operation === '$queryRaw')).toHaveLength(3)
  })

  test('sends each message once when three workers deliver the same ones, and leaves a locked one', async ({ app }) => {
    const messages = await givenEnqueued(app, 3)
    const [locked, ...others] = messages
    const deliver = (each: typeof messages) => deliverMessages(app.deps, each)

    const ends = await whileLocked(app, { table: 'message', key: locked?.messageId ?? '' }, async () => {
      const ends = await Promise.all([deliver(messages), deliver(messages.toReversed()), deliver(messages)])
      return async () => ends
    })

    expect(ends.flat().map(({ status }) => status)).toEqual(ends.flat().map(() => 'fulfilled'))
    expect(app.sandbox.messages()).toHaveLength(others.length)
    expect(await statusesOf(app.deps, messages)).toEqual(['PENDING 0', ...others.map(() => 'SENT 1')])
    await Promise.all([deliver(messages), deliver(messages), deliver(messages)])
    expect(app.sandbox.messages()).toHaveLength(messages.length)
    expect(await statusesOf(app.deps, messages)).toEqual(messages.map(() => 'SENT 1'))
  })

  test('records a message as sent though its row is locked meanwhile, and does not send it again', async ({ app }) => {
    const messages = await givenEnqueued(app, 1)
    const [first] = messages
    const { deps, arrived, release } = await holdAnswers(app, 2)
    const delivering = deliverMessages(deps, messages)
    await arrived

    await whileLocked(app, { table: 'message', key: first?.messageId ?? '' }, async (waiters) => {
      release()
      await waiters(1)
      return () => delivering
    })

    expect(await statusesOf(app.deps, messages)).toEqual(['SENT 1', 'SENT 1'])
  })

  test('records each message that WeChat has, though one that is recorded with them is refused', async ({ app }) => {
    const messages = await givenEnqueued(app, 3)
    const refused = messages.at(-1)
    const others = messages.slice(0, -1)
    // The first that is recorded keeps the others waiting, who then go together.
    await app.deps.db.$executeRaw`
      CREATE FUNCTION take_a_while() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END'`
    await app.deps.db.$executeRaw`
      CREATE TRIGGER slow AFTER UPDATE OF "sentAt" ON message FOR EACH STATEMENT EXECUTE FUNCTION take_a_while()`
    await app.deps.db.$executeRawUnsafe(`
      ALTER TABLE message ADD CONSTRAINT never_sent CHECK (id <> '${refused?.messageId ?? ''}' OR status <> 'SENT')`)

    const ends = await deliverMessages(app.deps, messages)

    expect(app.sandbox.messages()).toHaveLength(messages.length)
    expect(ends.map(({ status }) => status)).toEqual([...others.map(() => 'fulfilled'), 'rejected'])
    expect(await statusesOf(app.deps, others)).toEqual(others.map(() => 'SENT 1'))
  })

  test('fails a message alone whose payment is of a kind that this process does not know', async ({ app }) => {
    const messages = await givenEnqueued(app, 2)
    const { db } = app.deps
    const [unknown] = messages
    const { paymentSn } = await db.message.findUniqueOrThrow({ where: { id: unknown?.messageId } })
    await db.$transaction([
      db.$executeRaw`SET LOCAL session_replication_role = replica`,
      db.$executeRaw`UPDATE payment SET "serviceType" = 'NEWER' WHERE sn = ${paymentSn}`,
    ])

    const ends = await deliverMessages(app.deps, messages)

    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled'])
    expect(await statusesOf(app.deps, messages)).toEqual(['PENDING 0', 'PENDING 0', 'SENT 1', 'SENT 1'])
  })

  test('fails a message alone whose order vanished', async ({ app }) => {
    const messages = await givenEnqueued(app, 2)
    const { db } = app.deps
    const { paymentSn } = await db.message.findUniqueOrThrow({ where: { id: messages[0]?.messageId } })
    await db.$transaction([
      db.$executeRaw`SET LOCAL session_replication_role = replica`,
      db.$executeRaw`UPDATE payment SET "orderSn" = 'HO-vanished' WHERE sn = ${paymentSn}`,
    ])

    const ends = await deliverMessages(app.deps, messages)

    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled'])
  })

  test('keeps, refuses and repeats each message by what WeChat says about it alone', async ({ app }) => {
    const messages = await givenEnqueued(app, 4)
    const { db } = app.deps
    const rejected = await db.message.findFirstOrThrow({ where: { openid: 'o_guest3', kind: 'CHECK_IN' } })
    const { checkIn } = app.sandbox.credentials.templates
    const consent = { orderSn: rejected.orderSn, serviceType: 'HOMESTAY_ORDER', templateId: checkIn, isAccepted: false }
    await db.messageConsent.create({ data: consent })
    const fault = { endpoint: 'subscribe-message', times: 2 } as const
    app.sandbox.faults.add({ ...fault, kind: 'errcode', errcode: 43101, match: 'o_guest0' })
    app.sandbox.faults.add({ ...fault, kind: 'errcode', errcode: 47003, match: 'o_guest1' })
    app.sandbox.faults.add({ ...fault, kind: 'reset-after', match: 'o_guest2' })

    await deliverMessages(app.deps, messages)

    const ends = ['REFUSED 1', 'PENDING 0', 'PENDING 1'].flatMap((end) => [end, end])
    const lastEnds = messages.slice(-2).map(({ messageId }) => (messageId === rejected.id ? 'REFUSED 0' : 'SENT 1'))
    expect(await statusesOf(app.deps, messages)).toEqual([...ends, ...lastEnds])
    expect(app.sandbox.messages('o_guest2')).toHaveLength(2)
  })

  test('sends due messages though one of them fails, which is tried again later', async ({ app }) => {
    const messages = await givenEnqueued(app, 2)
    const { db } = app.deps
    const { paymentSn } = await db.message.findUniqueOrThrow({ where: { id: messages[0]?.messageId } })
    await db.$transaction([
      db.$executeRaw`SET LOCAL session_replication_role = replica`,
      db.$executeRaw`UPDATE payment SET "serviceType" = 'NEWER' WHERE sn = ${paymentSn}`,
    ])
    await db.$executeRaw`UPDATE message SET "nextTryAt" = now() - interval '1 minute'`

    await deliverDue(app.deps)

    expect(await statusesOf(app.deps, messages)).toEqual(['PENDING 0', 'PENDING 0', 'SENT 1', 'SENT 1'])
    const waiting = await db.$queryRaw`SELECT id FROM message WHERE status = 'PENDING' AND "nextTryAt" > now()`
    expect(waiting).toHaveLength(2)
  })

  test('leaves a message whose row somebody else has locked to the next run', async ({ app }) => {
    const messages = await givenEnqueued(app, 1)
    const [first] = messages
    await whileLocked(app, { table: 'message', key: first?.messageId ?? '' }, async () => {
      await deliverDue(app.deps)
      expect(await statusesOf(app.deps, messages)).toEqual(['PENDING 0', 'SENT 1'])
      return async () => {}
    })

    await deliverDue(app.deps)

    expect(await statusesOf(app.deps, messages)).toEqual(['SENT 1', 'SENT 1'])
    expect(app.sandbox.messages()).toHaveLength(2)
  })

  test('sends the messages behind as many locked ones as are sent at once', async ({ app }) => {
    const messages = await givenEnqueued(app, 30)
    const { db } = app.deps
    const locked = await db.message.findMany({ orderBy: [{ nextTryAt: 'asc' }, { id: 'asc' }], take: 50 })

    const ends = await db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT id FROM message WHERE id = ANY(${locked.map(({ id }) => id)}) FOR UPDATE`
      return [await deliverDue(app.deps), await deliverDue(app.deps)]
    })

    expect(ends).toEqual([false, false])
    expect(app.sandbox.messages()).toHaveLength(10)
    await deliverDue(app.deps)
    expect(await statusesOf(app.deps, messages)).toEqual(messages.map(() => 'SENT 1'))
  })
})

describe('a run of the message loop', () => {
  test('sends what becomes due while another send hangs', async ({ app }) => {
    await givenEnqueued(app, 1)
    const { deps, arrived, release } = await holdAnswers(app, 2)
    const running = deliverDue(deps)
    await arrived

    await givenPaid(app, await givenOrder(app, { guest: await givenGuest(app, 'o_late') }))

    await expect.poll(() => app.sandbox.messages('o_late')).toHaveLength(2)
    release()
    await running
  })

  test('ends soon when it stops although its sends hang, and loses none', async ({ app }) => {
    const messages = await givenEnqueued(app, 1)
    const { deps, arrived, release } = await holdAnswers(app, 2)
    const stopping = new AbortController()
    const running = deliverDue(deps, stopping.signal)
    await arrived

    stopping.abort()
    await running

    expect(await statusesOf(app.deps, messages)).toEqual(['PENDING 1', 'PENDING 1'])
    release()
    await expect.poll(() => statusesOf(app.deps, messages)).toEqual(['SENT 1', 'SENT 1'])
  })
})
