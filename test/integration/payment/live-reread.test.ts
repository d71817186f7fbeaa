import pino from 'pino'
import type { Payment } from '../../../prisma/client/client.ts'
import type { Deps } from '../../../src/deps.ts'
import { openPubsub } from '../../../src/infra/pubsub.ts'
import { createLivePayments } from '../../../src/payment/live/live-payments.ts'
import { describe, expect } from '../../harness/app.ts'
import { freshTapped, givenTapped, paymentOf } from '../../harness/fixtures.ts'
import { test } from '../../harness/graphql.ts'
import { move } from '../graphql/move.ts'

const noSession = () => () => {}

/** Whether a statement reads payments, and doesn't only look at their versions. */
const isRead = ({ sql }: { sql: string }) => sql.includes('FROM payment p WHERE sn = ANY')

/** The same deps, without hints, and with a record of which payments are read, and how often any are looked at. */
function withoutHints(deps: Deps) {
  const pubsub = openPubsub<Payment>({
    redisUrl: 'redis://127.0.0.1:1',
    databaseId: '',
    log: pino({ level: 'silent' }),
  })
  const seen = { looks: 0, read: [] as string[][] }
  const db = deps.db.$extends({
    query: {
      $queryRaw({ args, query }) {
        if (isRead(args)) seen.read.push(...(args.values as string[][]))
        else seen.looks += 1
        return query(args)
      },
    },
  })
  return { deps: { ...deps, pubsub, db: db as unknown as Deps['db'] }, seen }
}

describe('re-reading live payments', () => {
  test('reads only what is behind', async ({ app }) => {
    const [still, moved] = [await givenTapped(app), await freshTapped(app)]
    const { deps, seen } = withoutHints(app.deps)
    const live = createLivePayments(deps, { pendingRereadMs: 20, otherRereadMs: 20 })
    const payments = [still.payment, moved.payment]
    const streams = payments.map((payment) => live.watch(payment.sn, noSession, payment))
    for (const [index, stream] of streams.entries()) expect((await stream.next()).value).toBe(payments[index])
    await expect.poll(() => seen.looks).toBeGreaterThan(3)
    expect(seen.read).toEqual([])

    await move(deps, moved.payment, 'SUCCESS')
    expect((await streams[1]?.next())?.value).toMatchObject({ sn: moved.payment.sn, status: 'SUCCESS', version: 2 })
    const looks = seen.looks
    await expect.poll(() => seen.looks).toBeGreaterThan(looks + 3)
    expect([...new Set(seen.read.flat())]).toEqual([moved.payment.sn])
    live.close()
    await deps.pubsub.close()
  })

  test('shows what changed between the read of whoever subscribes and the start of their stream', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const { deps } = withoutHints(app.deps)
    const live = createLivePayments(deps)
    await move(deps, payment, 'SUCCESS')
    const stream = live.watch(payment.sn, noSession, payment)
    expect((await stream.next()).value).toMatchObject({ status: 'PENDING', version: 1 })
    expect((await stream.next()).value).toMatchObject({ status: 'SUCCESS', version: 2 })
    live.close()
    await deps.pubsub.close()
  })

  test('shows a stream that starts with a stale state the one that others have seen', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const { deps } = withoutHints(app.deps)
    const live = createLivePayments(deps)
    await move(deps, payment, 'SUCCESS')
    const first = live.watch(payment.sn, noSession)
    expect((await first.next()).value).toMatchObject({ status: 'SUCCESS' })
    const late = live.watch(payment.sn, noSession, payment)
    expect((await late.next()).value).toMatchObject({ status: 'PENDING', version: 1 })
    expect((await late.next()).value).toMatchObject({ status: 'SUCCESS', version: 2 })
    live.close()
    await deps.pubsub.close()
  })

  test('shows those who watched before what a newcomer has read already, though its hint is lost', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const { deps } = withoutHints(app.deps)
    const live = createLivePayments(deps)
    const early = live.watch(payment.sn, noSession, payment)
    expect((await early.next()).value).toMatchObject({ version: 1 })
    await move(deps, payment, 'SUCCESS')
    const newer = await paymentOf(app.deps, payment.sn)
    const newcomer = live.watch(payment.sn, noSession, newer)
    expect((await newcomer.next()).value).toMatchObject({ version: 2 })
    expect((await early.next()).value).toMatchObject({ status: 'SUCCESS', version: 2 })
    live.close()
    await deps.pubsub.close()
  })

  test('reads again for a newcomer who is behind the others, when the first read fails', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const { deps } = withoutHints(app.deps)
    let failures = 1
    const db = deps.db.$extends({
      query: {
        $queryRaw({ args, query }) {
          if (isRead(args) && watching && failures-- > 0) throw new Error('the connection broke')
          return query(args)
        },
      },
    }) as unknown as Deps['db']
    let watching = false
    const live = createLivePayments({ ...deps, db }, { pendingRereadMs: 20, otherRereadMs: 20 })
    await move(deps, payment, 'SUCCESS')
    const early = live.watch(payment.sn, noSession, await paymentOf(app.deps, payment.sn))
    expect((await early.next()).value).toMatchObject({ version: 2 })
    watching = true
    const newcomer = live.watch(payment.sn, noSession, payment)
    expect((await newcomer.next()).value).toMatchObject({ version: 1 })
    expect((await newcomer.next()).value).toMatchObject({ status: 'SUCCESS', version: 2 })
    live.close()
    await deps.pubsub.close()
  })
})
