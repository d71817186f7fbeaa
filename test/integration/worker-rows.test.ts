import { inject, onTestFinished } from 'vitest'
import { createWorkerRow, readSecondsUnseen, watchWorkers } from '../../src/infra/worker-rows.ts'
import { describe, expect, type TestApp, test } from '../harness/app.ts'
import { environment, examineIn, pretendWorker } from '../harness/doctor.ts'

function startWatch({ deps }: TestApp) {
  const watch = watchWorkers(deps)
  onTestFinished(watch.stop)
  return watch
}

async function measuredSeconds({ deps }: TestApp): Promise<number | undefined> {
  const { values } = await deps.metrics.workerUnseenSeconds.get()
  return values[0]?.value
}

async function workerFinding(app: TestApp) {
  for await (const finding of examineIn('en', environment(app))) if (finding.check === 'workers') return finding
  return undefined
}

describe('the row of a worker', () => {
  test('is made when workers start, and renewed', async ({ app }) => {
    await app.startWorkers()
    const [row] = await app.deps.db.worker.findMany()
    expect(await readSecondsUnseen(app.deps.db)).toBeLessThan(30)

    const lastSeenAt = async () => (await app.deps.db.worker.findFirstOrThrow()).lastSeenAt.getTime()
    await expect.poll(lastSeenAt).toBeGreaterThan(row?.lastSeenAt.getTime() ?? Number.POSITIVE_INFINITY)
    expect(await app.deps.db.worker.findMany()).toMatchObject([{ id: row?.id, startedAt: row?.startedAt }])
  })

  test('is deleted an hour after its worker was last seen, by another worker', async ({ app }) => {
    await pretendWorker(app, 3_601)
    const renew = createWorkerRow(app.deps)
    await renew()
    await renew()

    const rows = await app.deps.db.worker.findMany()
    expect(rows).toHaveLength(1)
    expect(rows).not.toMatchObject([{ id: 'pretended' }])
  })

  test('comes back when its worker was frozen for so long that it was deleted', async ({ app }) => {
    const renew = createWorkerRow(app.deps)
    await renew()
    await app.deps.db.worker.deleteMany()
    await renew()
    expect(await app.deps.db.worker.count()).toBe(1)
  })
})

describe('a process that watches for workers', () => {
  test('tells when no worker was seen for 30 s, and when one is back', async ({ app }) => {
    await pretendWorker(app, 25)
    const watch = startWatch(app)
    await expect.poll(() => measuredSeconds(app)).toBeGreaterThanOrEqual(25)

    await pretendWorker(app, 31)
    await expect.poll(() => watch.seen()).toBe(false)
    expect(await measuredSeconds(app)).toBeGreaterThanOrEqual(30)

    await pretendWorker(app)
    await expect.poll(() => watch.seen()).toBe(true)
  })

  test('tells when there never was a worker', async ({ app }) => {
    const watch = startWatch(app)
    await expect.poll(() => watch.seen()).toBe(false)
    expect(await app.deps.metrics.registry.metrics()).toContain('\nlooklook_worker_unseen_seconds +Inf\n')
  })
})

describe('the doctor’s check of workers', { skip: inject('redisUrl') === null }, () => {
  test('finds that there is no worker, or none any more, and how to start one', async ({ app }) => {
    const remedy = expect.stringContaining('start `npm run worker`')
    expect(await workerFinding(app)).toMatchObject({ result: 'wrong', detail: 'no worker was seen yet', remedy })

    await pretendWorker(app, 45)
    const detail = expect.stringMatching(/^no worker was seen for \d+ s$/)
    expect(await workerFinding(app)).toMatchObject({ result: 'wrong', detail, remedy })

    await pretendWorker(app)
    expect(await workerFinding(app)).toMatchObject({ result: 'ok' })
  })
})
