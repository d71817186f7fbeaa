import { createAbandonedJobsLoop } from '../../src/infra/claims.ts'
import { paymentChanged } from '../../src/jobs.ts'
import { test as base, describe, expect, type TestApp } from '../harness/app.ts'
import { type RunningProcess, run } from '../harness/processes.ts'

// Its database is worked on by processes, so it can't pass on to another test.
const test = base.extend({ isDeployed: true })

/** A worker process whose jobs never end. */
const HOLDING_WORKER = `
  import { pino } from 'pino'
  import { createAbandonedJobsLoop, LOOK_EVERY_MS } from './src/infra/claims.ts'
  import { openDatabase } from './src/infra/database.ts'
  import { startLoop } from './src/infra/loop.ts'
  import { openQueue, work } from './src/infra/queue.ts'
  import { paymentChanged } from './src/jobs.ts'

  const url = process.env.DATABASE_URL
  const log = pino({ level: 'error' })
  const deps = { db: openDatabase(url), queue: await openQueue(url, 'work', log), log }
  const wake = await work(deps, paymentChanged, async (_deps, { paymentSn }) => {
    process.stdout.write('took ' + paymentSn + '\\n')
    await new Promise(() => {})
  })
  startLoop(log, 'abandoned-jobs', LOOK_EVERY_MS, createAbandonedJobsLoop(deps, wake))
  process.stdout.write('ready\\n')`

async function startHoldingWorker(app: TestApp): Promise<RunningProcess> {
  const command = ['node', '--input-type=module', '-e', HOLDING_WORKER]
  const started = run(command, { env: { DATABASE_URL: app.databaseUrl } })
  await started.says(/ready/)
  return started
}

/** Enqueues a job that expires in a day: nobody but our own loop gives it back while a test runs. */
async function enqueueLasting({ deps }: TestApp): Promise<void> {
  await deps.queue.insert(paymentChanged.name, [{ data: { paymentSn: 'PA1' }, expireInSeconds: 86_400 }])
}

async function retriesOf({ deps }: TestApp, paymentSn: string): Promise<number | undefined> {
  const [job] = await deps.db.$queryRaw<{ retries: number }[]>`
    SELECT retry_count AS retries FROM pgboss.job WHERE state = 'active' AND data->>'paymentSn' = ${paymentSn}`
  return job?.retries
}

async function stateOf({ deps }: TestApp, paymentSn: string): Promise<string | undefined> {
  const [job] = await deps.db.$queryRaw<{ state: string }[]>`
    SELECT state::text FROM pgboss.job WHERE data->>'paymentSn' = ${paymentSn}`
  return job?.state
}

async function claimedAt({ deps }: TestApp, paymentSn: string): Promise<number> {
  const [job] = await deps.db.$queryRaw<{ at: Date }[]>`
    SELECT heartbeat_on AS at FROM pgboss.job WHERE data->>'paymentSn' = ${paymentSn}`
  return job?.at.getTime() ?? 0
}

/** A job whose claim was last renewed 3 s ago. It may be retried twice. */
async function givenAbandoned({ deps }: TestApp, paymentSn: string, retries: number): Promise<void> {
  await deps.db.$executeRaw`
    INSERT INTO pgboss.job (name, data, state, retry_limit, retry_count, started_on, heartbeat_on)
    VALUES (${paymentChanged.name}, jsonb_build_object('paymentSn', ${paymentSn}::text), 'active', 2, ${retries}, now(),
      now() - interval '3 s')`
}

describe('the job of a worker that dies', () => {
  test('is taken by another worker long before it expires, however often workers are killed', async ({ app }) => {
    let holder = await startHoldingWorker(app)
    await enqueueLasting(app)
    await holder.says(/took PA1/)

    for (const kills of [1, 2, 3]) {
      const other = await startHoldingWorker(app)
      holder.signal('SIGKILL')
      await other.says(/took PA1/)
      expect(await retriesOf(app, 'PA1')).toBe(kills)
      holder = other
    }
  })

  test('is taken by a worker that starts afterwards', async ({ app }) => {
    const first = await startHoldingWorker(app)
    await enqueueLasting(app)
    await first.says(/took PA1/)
    first.signal('SIGKILL')
    await first.ended

    const second = await startHoldingWorker(app)

    await second.says(/took PA1/)
  })

  test('is taken by another worker when its own is frozen, whose claim is void from then on', async ({ app }) => {
    const frozen = await startHoldingWorker(app)
    await enqueueLasting(app)
    await frozen.says(/took PA1/)
    const second = await startHoldingWorker(app)

    frozen.signal('SIGSTOP')
    await second.says(/took PA1/)
    frozen.signal('SIGCONT')
    const third = await startHoldingWorker(app)
    second.signal('SIGKILL')

    // Were the first one's claim still good, its renewals would keep the job from the third.
    await third.says(/took PA1/)
  })
})

describe('the slow job of a living worker', () => {
  test('is claimed anew again and again, so that no look finds its claim old', async ({ app }) => {
    const holder = await startHoldingWorker(app)
    await enqueueLasting(app)
    await holder.says(/took PA1/)

    for (let renewals = 1; renewals <= 3; renewals++) {
      const before = await claimedAt(app, 'PA1')
      await expect.poll(() => claimedAt(app, 'PA1')).toBeGreaterThan(before)
    }
  })
})

describe('a look for abandoned jobs', () => {
  test('gives a job back only when a second look finds its claim as old', async ({ app }) => {
    await givenAbandoned(app, 'PA1', 0)
    await givenAbandoned(app, 'PA2', 0)
    let wakes = 0
    const look = createAbandonedJobsLoop(app.deps, () => (wakes += 1))

    await look()
    expect([await stateOf(app, 'PA1'), wakes]).toEqual(['active', 0])
    await app.deps.db.$executeRaw`UPDATE pgboss.job SET heartbeat_on = now() WHERE data->>'paymentSn' = 'PA2'`
    await look()

    expect([await stateOf(app, 'PA1'), await stateOf(app, 'PA2'), wakes]).toEqual(['retry', 'active', 1])
  })

  test('leaves a job without a retry left to its expiry, which makes it a dead letter', async ({ app }) => {
    await givenAbandoned(app, 'PA1', 2)
    const look = createAbandonedJobsLoop(app.deps, () => {})
    await look()
    await look()
    expect(await stateOf(app, 'PA1')).toBe('active')
  })
})
