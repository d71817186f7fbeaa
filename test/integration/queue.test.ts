import { NotFoundError } from '../../src/errors.ts'
import { createQueues, DEAD_LETTERS, enqueue, work } from '../../src/infra/queue.ts'
import { paymentChanged, sendMessage, uploadShipping } from '../../src/jobs.ts'
import { describe, expect, type TestApp, test } from '../harness/app.ts'

/** Has one job worked on, whose handler does this. */
async function workOn({ deps }: TestApp, data: object, handler: () => Promise<void>): Promise<void> {
  await deps.queue.insert(paymentChanged.name, [{ data }])
  await work(deps, paymentChanged, handler)
}

/** Where the jobs of a queue stand. */
async function statesOf({ deps }: TestApp, name: string): Promise<string[]> {
  const jobs = await deps.db.$queryRaw<{ state: string }[]>`
    SELECT state::text FROM pgboss.job WHERE name = ${name}`
  return jobs.map(({ state }) => state)
}

describe('a job that fails', () => {
  test('by an error that a retry may mend is tried again, and is no dead letter', async ({ app }) => {
    let tries = 0
    await workOn(app, { paymentSn: 'PA1' }, async () => {
      tries += 1
      throw new Error('the database is away')
    })

    await expect.poll(() => tries).toBeGreaterThan(1)
    expect(await statesOf(app, DEAD_LETTERS)).toEqual([])
  })

  test('by an error that no retry can mend is a dead letter at once', async ({ app }) => {
    let tries = 0
    await workOn(app, { paymentSn: 'PA1' }, async () => {
      tries += 1
      throw new NotFoundError('payment')
    })

    await expect.poll(() => statesOf(app, DEAD_LETTERS)).toEqual(['created'])
    expect(tries).toBe(1)
    expect(await statesOf(app, paymentChanged.name)).toEqual(['failed'])
  })

  test('because nobody can read it is a dead letter at once', async ({ app }) => {
    let tries = 0
    await workOn(app, { nonsense: true }, async () => {
      tries += 1
    })

    await expect.poll(() => statesOf(app, DEAD_LETTERS)).toEqual(['created'])
    expect(tries).toBe(0)
  })
})

describe('the queue of', () => {
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
    [sendMessage.name, { ...forAYear, retryDelay: 5, retryLimit: 12, retryDelayMax: 600 }],
  ] as const)('%s tries again so often', async ([name, policy], { app }) => {
    expect(await app.deps.queue.getQueue(name)).toMatchObject(policy)
  })

  test('money gives its policy to each of its jobs', async ({ app }) => {
    await app.deps.db.$transaction((tx) => enqueue(app.deps.queue, tx, paymentChanged, [{ paymentSn: 'PA1' }]))

    const jobs = await app.deps.db.$queryRaw`
      SELECT retry_limit, retry_delay, retry_delay_max, retry_backoff, dead_letter FROM pgboss.job`
    expect(jobs).toEqual([
      { retry_limit: 9_000, retry_delay: 1, retry_delay_max: 3_600, retry_backoff: true, dead_letter: DEAD_LETTERS },
    ])
  })

  test('an older version gets the policy of this one', async ({ app }) => {
    const { queue } = app.deps
    await queue.updateQueue(paymentChanged.name, { retryLimit: 2, retryBackoff: true, retryDelayMax: 10 })

    await createQueues(queue)

    expect(await queue.getQueue(paymentChanged.name)).toMatchObject({ retryLimit: 9_000, retryDelayMax: 3_600 })
  })
})
