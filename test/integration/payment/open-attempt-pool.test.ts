import { openDatabase } from '../../../src/infra/database.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { freshOrder, tap } from '../../harness/fixtures.ts'
import { LONG_MS } from '../../harness/patience.ts'
import { openWechatProxy } from '../../harness/wechat-proxy.ts'

const CONNECTIONS = 2
const TAPS = 12

describe('more taps at once than the pool has connections', () => {
  test('all reach a WeChat that gives no answer yet, keep no connection meanwhile, and all end', async ({ app }) => {
    const booked = []
    for (let each = 0; each < TAPS; each++) booked.push(await freshOrder(app))
    const patience = { acquireMs: LONG_MS, statementMs: LONG_MS, silenceMs: LONG_MS }
    const db = openDatabase(app.databaseUrl, { poolSize: CONNECTIONS, patience })
    const proxy = await openWechatProxy(app)
    const prepays = booked.map(() => proxy.hold('/jsapi'))

    const taps = booked.map((each) => tap({ ...proxy.deps, db }, each))
    for (const { answered } of prepays) await answered
    const held = Array.from({ length: CONNECTIONS }, () => db.$transaction((tx) => tx.payment.count()))
    expect(await Promise.all(held)).toEqual([TAPS, TAPS])
    for (const { release } of prepays) release()

    const params = await Promise.all(taps)
    expect(new Set(params.map(({ paymentSn }) => paymentSn)).size).toBe(TAPS)
    expect(await app.deps.db.payment.count({ where: { prepayId: { not: null } } })).toBe(TAPS)
    await proxy.close()
    await db.$disconnect()
  })
})
