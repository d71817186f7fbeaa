import { describe, expect, test } from '../../harness/app.ts'
import { openOperator } from '../../harness/operator.ts'

describe('admin heartbeat', () => {
  test('ends with 1 while no worker lives, and says who lives and what waits', async ({ app }) => {
    const { admin, json } = openOperator(app)
    expect(await admin('heartbeat')).toMatchObject({ code: 1, complaint: expect.stringContaining('Start a worker') })

    await app.deps.db.worker.create({ data: { id: 'w1' } })
    await app.deps.db.paymentMismatch.create({
      data: { subject: 'NOTICE', number: 'n1', kind: 'EVENT_TYPE', source: 'NOTICE', content: {} },
    })
    expect(await json('heartbeat')).toMatchObject({
      isAlive: true,
      workers: [{ id: 'w1' }],
      waiting: { notice: { count: 1, overdue: 0 }, under_review: { count: 0, overdue: 0 } },
    })
  })
})
