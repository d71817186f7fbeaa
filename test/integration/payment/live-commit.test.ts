import { createLivePayments } from '../../../src/payment/live/live-payments.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { describe, expect } from '../../harness/app.ts'
import { freshTapped, givenTapped, paymentOf } from '../../harness/fixtures.ts'
import { countingReads, test } from '../../harness/graphql.ts'
import { paidReport } from '../../harness/reports.ts'
import { move } from '../graphql/move.ts'

const never = { pendingRereadMs: 3_600_000, otherRereadMs: 3_600_000 }
const noSession = () => () => {}

describe('a payment that this process has settled', () => {
  test('is shown as it was committed, without a read', async ({ app }) => {
    const [watched, unwatched] = [await givenTapped(app), await freshTapped(app)]
    const { deps, reads, haveEnded } = countingReads(app.deps)
    const live = createLivePayments(deps, never)
    const stream = live.watch(watched.payment.sn, noSession, watched.payment)
    expect((await stream.next()).value).toMatchObject({ version: 1 })
    // Of whether it has changed since it was read.
    await expect.poll(() => reads).toEqual(['$queryRaw'])
    await expect.poll(haveEnded).toBe(true)

    const payments = [watched.payment, unwatched.payment]
    await Promise.all(
      payments.map((payment) => settle(app.deps, { transaction: paidReport(payment), source: 'NOTICE' })),
    )

    const { value } = await stream.next()
    expect(value).toMatchObject({ status: 'SUCCESS', version: 2 })
    expect(value).toEqual(await paymentOf(app.deps, watched.payment.sn))
    expect(reads).toHaveLength(1)
    expect(await paymentOf(app.deps, unwatched.payment.sn)).toMatchObject({ status: 'SUCCESS', version: 2 })
    live.close()
  })

  test('is shown by the time that its settlement resolves', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const live = createLivePayments(app.deps, never)
    const stream = live.watch(payment.sn, noSession, payment)
    await stream.next()
    let isShown = false
    const next = stream.next().then(() => (isShown = true))

    await settle(app.deps, { transaction: paidReport(payment), source: 'NOTICE' })
    expect(isShown).toBe(true)
    await next
    live.close()
  })

  test('is not shown to those who have seen a newer version', async ({ app }) => {
    const { payment } = await givenTapped(app)
    const live = createLivePayments(app.deps, never)
    const stream = live.watch(payment.sn, noSession, payment)
    await stream.next()
    await move(app.deps, payment, 'CLOSED')
    const closed = (await stream.next()).value
    await move(app.deps, payment, 'SUCCESS')
    expect((await stream.next()).value).toMatchObject({ status: 'SUCCESS', version: 3 })

    app.deps.pubsub.publish({ sn: payment.sn, version: 2 }, closed)
    await move(app.deps, payment, 'REFUNDED')
    expect((await stream.next()).value).toMatchObject({ status: 'REFUNDED', version: 4 })
    live.close()
  })
})
