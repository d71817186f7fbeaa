import { webhookEvent } from '../../../src/jobs.ts'
import { startListening } from '../../../src/payment/outbox/listen.ts'
import { listListeners, removeListener } from '../../../src/payment/outbox/listeners.ts'
import { startStreaming } from '../../../src/payment/outbox/stream.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { freshTapped, paymentOf } from '../../harness/fixtures.ts'
import { givenQueueOf, publishAll } from '../../harness/listeners.ts'

describe('the listeners', () => {
  test.override({ isDeployed: true })

  test('are listed with what waits for them', async ({ app }) => {
    await givenQueueOf(app, 'first-listener')
    await startStreaming(app.deps.db)
    await freshTapped(app)
    await publishAll(app.deps)

    expect(await listListeners(app.deps.db)).toEqual([
      { job: 'first-listener', hasQueue: true, createdAt: expect.any(Date), waiting: 1 },
      { job: 'kafka-stream', hasQueue: false, createdAt: expect.any(Date), waiting: 1 },
    ])
  })

  test('let changes cost nothing again once the last one is removed', async ({ app }) => {
    await givenQueueOf(app, 'first-listener')

    await app.deps.db.$transaction((tx) => removeListener(tx, 'first-listener'))

    expect(await listListeners(app.deps.db)).toEqual([])
    const { payment } = await freshTapped(app)
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ version: 1, publishedVersion: 1 })
  })

  test('are not removed where there is none, nor that of webhooks beside its endpoints', async ({ app }) => {
    await startListening(app.deps.db, webhookEvent)
    const remove = (job: string) => app.deps.db.$transaction((tx) => removeListener(tx, job))

    await expect(remove('no-such-listener')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(remove('webhook-event')).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    expect(await listListeners(app.deps.db)).toHaveLength(1)
  })
})
