import { createRecheckLoop } from '../../../src/payment/attempt/recheck.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { paymentOf } from '../../harness/fixtures.ts'
import { givenCancelled } from '../../harness/money.ts'
import { letPass } from '../../harness/time.ts'

describe('a closed number that the last recheck finds open at WeChat', () => {
  test('closes a reopened number at WeChat and rechecks it once more, in case money came before the close', async ({
    app,
  }) => {
    const { payment } = await givenCancelled(app)
    const recheck = createRecheckLoop(app.deps)
    await letPass(app, 93_601)
    const known = app.sandbox.ledger.orders.get(payment.sn) ?? expect.fail('WeChat knows the number')
    app.sandbox.ledger.commit(['orders', { ...known, state: 'NOTPAY' }])

    await recheck()
    expect(app.sandbox.ledger.orders.get(payment.sn)?.state).toBe('CLOSED')
    expect((await paymentOf(app.deps, payment.sn)).nextRecheckAt).not.toBeNull()

    await letPass(app, 601)
    await recheck()
    expect((await paymentOf(app.deps, payment.sn)).nextRecheckAt).toBeNull()
  })
})
