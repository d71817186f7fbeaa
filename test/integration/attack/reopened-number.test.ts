import { createAsking } from '../../../src/payment/ask.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { givenCancelled } from '../../harness/money.ts'
import { paymentOf } from '../../harness/scene.ts'
import { letPass } from '../../harness/time.ts'

describe('a closed number that the last question finds open at WeChat', () => {
  test('is closed there and asked about once more, since money can win against the close', async ({ app }) => {
    const { payment } = await givenCancelled(app)
    const ask = createAsking(app.deps)
    await letPass(app, 93_601)
    const known = app.sandbox.ledger.orders.get(payment.sn) ?? expect.fail('WeChat knows the number')
    app.sandbox.ledger.commit(['orders', { ...known, state: 'NOTPAY' }])

    await ask()
    expect(app.sandbox.ledger.orders.get(payment.sn)?.state).toBe('CLOSED')
    expect((await paymentOf(app.deps, payment.sn)).nextAskAt).not.toBeNull()

    await letPass(app, 601)
    await ask()
    expect((await paymentOf(app.deps, payment.sn)).nextAskAt).toBeNull()
  })
})
