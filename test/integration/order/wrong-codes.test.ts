import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { redeemTradeCode } from '../../../src/order/trade-code.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { openConnections } from '../../harness/connections.ts'
import { freshOrder, givenHomestay, givenPaid, orderOf } from '../../harness/fixtures.ts'
import { race } from '../../harness/race.ts'

const INVALID = { code: 'TRADE_CODE_INVALID' }
const LOCKED = {
  code: 'RATE_LIMITED',
  retryAfterSeconds: expect.toSatisfy((seconds) => seconds > 600 && seconds <= 900),
}

/** How each of these codes, tried one after the other, is answered. */
async function tryCodes({ deps }: TestApp, hostUserId: string, codes: string[]): Promise<string[]> {
  const answers: string[] = []
  for (const tradeCode of codes) {
    const tried = redeemTradeCode(deps, { hostUserId, tradeCode })
    answers.push(await tried.then(() => 'REDEEMED').catch(({ code }) => code))
  }
  return answers
}

const wrong = (count: number) => Array.from({ length: count }, (_, at) => `WRZNG${222 + at}`)
const invalid = (count: number) => Array.from({ length: count }, () => INVALID.code)

/** Lets time pass for the tries that are stored. */
async function letMinutesPass({ deps }: TestApp, minutes: number): Promise<void> {
  await deps.db.$executeRaw`
    UPDATE "wrong_codes" SET
      "lockedUntil" = "lockedUntil" - make_interval(mins => ${minutes}),
      "triedAt" = ARRAY(SELECT tried - make_interval(mins => ${minutes}) FROM unnest("triedAt") AS tried)`
}

describe('wrong entry codes', () => {
  test('five within 15 minutes lock the host’s redemption, right codes included, for 15 minutes', async ({ app }) => {
    const { hostUserId, order } = await givenPaid(app)
    const code = order.tradeCode ?? ''
    expect(await tryCodes(app, hostUserId, wrong(5))).toEqual(invalid(5))
    await expect(redeemTradeCode(app.deps, { hostUserId, tradeCode: code })).rejects.toMatchObject(LOCKED)
    await expect(redeemTradeCode(app.deps, { hostUserId, tradeCode: 'WRZNG999' })).rejects.toMatchObject(LOCKED)
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
    expect((await app.deps.metrics.limitRefusals.get()).values).toMatchObject([
      { labels: { limit: 'wrongCodes' }, value: 2 },
    ])

    await letMinutesPass(app, 14)
    expect(await tryCodes(app, hostUserId, [code])).toEqual(['RATE_LIMITED'])
    await letMinutesPass(app, 1)
    expect(await tryCodes(app, hostUserId, [code])).toEqual(['REDEEMED'])
  })

  test('are counted anew after a lock', async ({ app }) => {
    const { hostUserId } = await givenHomestay(app)
    await tryCodes(app, hostUserId, wrong(6))
    await letMinutesPass(app, 15)
    expect(await tryCodes(app, hostUserId, wrong(6))).toEqual([...invalid(5), 'RATE_LIMITED'])
  })

  test('a refused try doesn’t make the lock last longer', async ({ app }) => {
    const { hostUserId } = await givenHomestay(app)
    await tryCodes(app, hostUserId, wrong(5))
    await letMinutesPass(app, 10)
    const { lockedUntil } = await app.deps.db.wrongCodes.findUniqueOrThrow({ where: { hostUserId } })
    expect(await tryCodes(app, hostUserId, wrong(1))).toEqual(['RATE_LIMITED'])
    expect(await app.deps.db.wrongCodes.findUnique({ where: { hostUserId } })).toMatchObject({ lockedUntil })
  })

  test('count for 15 minutes each: four, and four more after a quarter of an hour, lock nothing', async ({ app }) => {
    const { hostUserId } = await givenHomestay(app)
    expect(await tryCodes(app, hostUserId, wrong(1))).toEqual(invalid(1))
    await letMinutesPass(app, 14)
    expect(await tryCodes(app, hostUserId, wrong(3))).toEqual(invalid(3))
    await letMinutesPass(app, 1)
    expect(await tryCodes(app, hostUserId, wrong(3))).toEqual([...invalid(2), 'RATE_LIMITED'])
  })

  test('are not the codes that an order of the host ever had: used, being refunded', async ({ app }) => {
    const used = await givenPaid(app)
    const refunded = await givenPaid(app, await freshOrder(app))
    await redeemTradeCode(app.deps, { hostUserId: used.hostUserId, tradeCode: used.order.tradeCode ?? '' })
    await refundHomestayOrder(app.deps, { userId: refunded.guest.id, sn: refunded.order.sn })
    for (const { hostUserId, order } of [used, refunded]) {
      const codes = Array.from({ length: 7 }, () => order.tradeCode ?? '')
      expect(await tryCodes(app, hostUserId, codes)).toEqual(invalid(7))
      expect(await tryCodes(app, hostUserId, wrong(5))).toEqual(invalid(5))
    }
  })

  test('are the codes of another host’s orders, and what no code looks like', async ({ app }) => {
    const theirs = await givenPaid(app)
    const { hostUserId } = await givenHomestay(app)
    const codes = [theirs.order.tradeCode ?? '', '', 'short', 'a\u0000bcdefg', '民宿民宿民宿民宿', 'ABCD2345']
    expect(await tryCodes(app, hostUserId, codes)).toEqual([...invalid(5), 'RATE_LIMITED'])
  })

  test('lock no other host', async ({ app }) => {
    const { hostUserId, order } = await givenPaid(app)
    await tryCodes(app, (await givenHomestay(app)).hostUserId, wrong(6))
    expect(await tryCodes(app, hostUserId, [order.tradeCode ?? ''])).toEqual(['REDEEMED'])
  })

  test.for([0, 4])(
    'of 40 guesses at once, after %i, five are compared at most, from two processes',
    async (before, { app }) => {
      const { hostUserId } = await givenHomestay(app)
      await tryCodes(app, hostUserId, wrong(before))
      const other = await openConnections(app.databaseUrl, app.deps.log)
      try {
        const guesses = wrong(40).map((tradeCode, at) =>
          redeemTradeCode(at % 2 === 0 ? app.deps : { ...app.deps, ...other.connections }, { hostUserId, tradeCode }),
        )
        const answers = (await Promise.allSettled(guesses)).map((end) => (end as PromiseRejectedResult).reason.code)
        expect(answers.filter((code) => code === INVALID.code)).toHaveLength(5 - before)
        expect(answers.filter((code) => code === 'RATE_LIMITED')).toHaveLength(35 + before)
      } finally {
        await other.close()
      }
    },
  )

  test('a right code that waits while a fifth wrong one is counted is refused', async ({ app }) => {
    const { hostUserId, order } = await givenPaid(app)
    await tryCodes(app, hostUserId, wrong(4))
    const ended = await race(app, { table: 'wrong_codes', key: hostUserId }, [
      () => tryCodes(app, hostUserId, ['WRZNG999']),
      () => tryCodes(app, hostUserId, [order.tradeCode ?? '']),
    ])
    expect(ended).toMatchObject([{ value: [INVALID.code] }, { value: ['RATE_LIMITED'] }])
    expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
  })

  test('keep one row for each host', async ({ app }) => {
    const { hostUserId } = await givenHomestay(app)
    await tryCodes(app, hostUserId, wrong(30))
    const rows = await app.deps.db.wrongCodes.findMany()
    expect(rows).toMatchObject([{ hostUserId, refusedCount: 25 }])
    expect(rows[0]?.triedAt).toHaveLength(5)
  })
})
