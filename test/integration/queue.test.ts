import { NotFoundError } from '../../src/errors.ts'
import { createQueues, DEAD_LETTERS, enqueue, work, workTogether } from '../../src/infra/queue.ts'
import { paymentChanged, uploadShipping } from '../../src/jobs.ts'
import { paymentTexts } from '../../src/payment/texts.ts'
import { test as base, describe, expect, type TestApp } from '../harness/app.ts'

// A queue with workers can't pass on to another test.
const test = base.extend({ isDeployed: true })

/** Enqueues one job and starts a worker with this handler. */
async function workOn({ deps }: TestApp, data: object, handler: () => Promise<void>): Promise<void> {
  await deps.queue.insert(paymentChanged.name, [{ data }])
  await work(deps, paymentChanged, handler)
}

/** The states of a queue's jobs. */
async function statesOf({ deps }: TestApp, name: string): Promise<string[]> {
  const jobs = await deps.db.$queryRaw<{ state: string }[]>`
    SELECT state::text FROM pgboss.job WHERE name = ${name}`
  return jobs.map(({ state }) => state)
}

const SNS = ['PA1', 'PA2', 'PA3']
const rejected = (reason: unknown) => ({ status: 'rejected', reason }) as const
const fulfilled = { status: 'fulfilled', value: undefined } as const

/** Enqueues jobs at once, and starts a worker that fetches so many of them at most. */
async function workOnAll(
  { deps }: TestApp,
  data: object[],
  atMost: number,
  handle: (paymentSns: string[]) => Promise<PromiseSettledResult<void>[]>,
): Promise<void> {
  await deps.queue.insert(
    paymentChanged.name,
    data.map((each) => ({ data: each })),
  )
  await workTogether(deps, paymentChanged, {
    atMost,
    handle: (_deps, payloads) => handle(payloads.map(({ paymentSn }) => paymentSn)),
  })
}

/** The state of each job, by its payment. */
async function statesByPayment({ deps }: TestApp): Promise<Record<string, string>> {
  const jobs = await deps.db.$queryRaw<{ sn: string; state: string }[]>`
    SELECT COALESCE(data->>'paymentSn', 'malformed') AS sn, state::text FROM pgboss.job WHERE name = ${paymentChanged.name}`
  return Object.fromEntries(jobs.map(({ sn, state }) => [sn, state]))
}

describe('a job that fails', () => {
  test('retries a job after an ordinary error, without a dead letter', async ({ app }) => {
    let tries = 0
    await workOn(app, { paymentSn: 'PA1' }, async () => {
      tries += 1
      throw new Error('the database is unavailable')
    })

    await expect.poll(() => tries).toBeGreaterThan(1)
    expect(await statesOf(app, DEAD_LETTERS)).toEqual([])
  })

  test('moves a job to the dead-letter queue at once after a DomainError', async ({ app }) => {
    let tries = 0
    await workOn(app, { paymentSn: 'PA1' }, async () => {
      tries += 1
      throw new NotFoundError(paymentTexts.payment)
    })

    await expect.poll(() => statesOf(app, DEAD_LETTERS)).toEqual(['created'])
    expect(tries).toBe(1)
    expect(await statesOf(app, paymentChanged.name)).toEqual(['failed'])
  })

  test('moves a job with a malformed payload to the dead-letter queue at once', async ({ app }) => {
    let tries = 0
    await workOn(app, { nonsense: true }, async () => {
      tries += 1
    })

    await expect.poll(() => statesOf(app, DEAD_LETTERS)).toEqual(['created'])
    expect(tries).toBe(0)
  })
})

describe('jobs that are worked on together', () => {
  test('gives each job of a fetch the end that its own part of the work had', async ({ app }) => {
    const fetches: string[][] = []
    const data = [...SNS.map((paymentSn) => ({ paymentSn })), { nonsense: true }]
    await workOnAll(app, data, 10, async (paymentSns) => {
      fetches.push(paymentSns)
      return paymentSns.map((sn) => {
        if (sn === 'PA2') return rejected(new NotFoundError(paymentTexts.payment))
        return sn === 'PA3' && fetches.length === 1 ? rejected(new Error('not yet')) : fulfilled
      })
    })

    const ends = { PA1: 'completed', PA2: 'failed', PA3: 'completed', malformed: 'failed' }
    await expect.poll(() => statesByPayment(app)).toEqual(ends)
    expect(fetches.map((each) => each.toSorted())).toEqual([SNS, ['PA3']])
    expect(await statesOf(app, DEAD_LETTERS)).toEqual(['created', 'created'])
  })

  test.for([
    ['throws', () => Promise.reject(new Error('the database is unavailable'))],
    ['forgets a job', async () => [fulfilled, fulfilled]],
  ] as const)('retries jobs when the function that works on them %s', async ([, first], { app }) => {
    let calls = 0
    await workOnAll(
      app,
      SNS.map((paymentSn) => ({ paymentSn })),
      10,
      async (paymentSns) => {
        calls += 1
        return calls === 1 ? first() : paymentSns.map(() => fulfilled)
      },
    )

    await expect.poll(() => statesByPayment(app)).toEqual({ PA1: 'completed', PA2: 'completed', PA3: 'completed' })
    expect(calls).toBeGreaterThan(1)
  })

  test('works on a backlog by as many jobs at a time as it may, and no more', async ({ app }) => {
    const backlog = Array.from({ length: 7 }, (_, index) => ({ paymentSn: `PA${index}` }))
    const sizes: number[] = []
    await workOnAll(app, backlog, 3, async (paymentSns) => {
      sizes.push(paymentSns.length)
      return paymentSns.map(() => fulfilled)
    })

    await expect.poll(() => sizes.reduce((sum, size) => sum + size, 0)).toBe(7)
    expect(sizes).toEqual([3, 3, 1])
  })
})

describe('a queue', () => {
  const forAYear = {
    retryLimit: 9_000,
    retryDelayMax: 3_600,
    retryBackoff: true,
    expireInSeconds: 60,
    deadLetter: DEAD_LETTERS,
  }

  test.for([
    [paymentChanged.name, { ...forAYear, retryDelay: 1 }],
    [uploadShipping.name, { ...forAYear, retryDelay: 60 }],
  ] as const)('gives the queue %s its retry policy', async ([name, policy], { app }) => {
    expect(await app.deps.queue.getQueue(name)).toMatchObject(policy)
  })

  test('gives jobs about money the retry policy of their queue', async ({ app }) => {
    await app.deps.db.$transaction((tx) => enqueue(app.deps.queue, tx, paymentChanged, [{ paymentSn: 'PA1' }]))

    const jobs = await app.deps.db.$queryRaw`
      SELECT retry_limit, retry_delay, retry_delay_max, retry_backoff, dead_letter FROM pgboss.job`
    expect(jobs).toEqual([
      { retry_limit: 9_000, retry_delay: 1, retry_delay_max: 3_600, retry_backoff: true, dead_letter: DEAD_LETTERS },
    ])
  })

  test('updates the retry policy of a queue from an older version', async ({ app }) => {
    const { queue } = app.deps
    await queue.updateQueue(paymentChanged.name, { retryLimit: 2, retryBackoff: true, retryDelayMax: 10 })

    await createQueues(queue)

    expect(await queue.getQueue(paymentChanged.name)).toMatchObject({ retryLimit: 9_000, retryDelayMax: 3_600 })
  })
})
