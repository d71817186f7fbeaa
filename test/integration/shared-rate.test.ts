import { grant } from '../../src/infra/shared-rate.ts'
import { describe, expect, type TestApp, test } from '../harness/app.ts'

const RATE = { name: 'calls', perSecond: 100 }
const BURST = 25

/** Asks for so many. @returns how many may begin. */
async function ask({ deps }: TestApp, wanted: number): Promise<number> {
  const [row] = await deps.db.$queryRaw<{ count: number }[]>`
    WITH due AS MATERIALIZED (SELECT generate_series(1, ${wanted})), ${grant(RATE)} SELECT count FROM granted`
  return row?.count ?? 0
}

/** Moves the last grant by so many seconds: back, and time has passed since; ahead, and nothing drains. */
async function moveGrant({ deps }: TestApp, seconds: number): Promise<void> {
  await deps.db.$executeRaw`UPDATE shared_rate SET at = clock_timestamp() + make_interval(secs => ${seconds}::float8)`
}

describe('a shared rate', () => {
  test('grants what is due, and no more than its burst', async ({ app }) => {
    expect(await ask(app, 3)).toBe(3)
    await moveGrant(app, 3_600)
    expect(await ask(app, 1_000)).toBe(BURST - 3)
    await moveGrant(app, 3_600)
    expect(await ask(app, 1)).toBe(0)
  })

  test('grants its burst again after a rest, however long', async ({ app }) => {
    expect(await ask(app, 1_000)).toBe(BURST)
    await moveGrant(app, -3_600)
    expect(await ask(app, 1_000)).toBe(BURST)
  })

  test('grants to all who ask at once no more than passes by in that time', async ({ app }) => {
    const from = performance.now()
    const asked = await Promise.all(Array.from({ length: 30 }, () => ask(app, 4)))
    const seconds = (performance.now() - from) / 1_000

    const granted = asked.reduce((sum, count) => sum + count, 0)
    expect(granted).toBeGreaterThanOrEqual(BURST)
    expect(granted).toBeLessThanOrEqual(BURST + RATE.perSecond * seconds)
  })

  test('writes nothing while nothing is due', async ({ app }) => {
    expect(await ask(app, 0)).toBe(0)
    expect(await app.deps.db.sharedRate.count()).toBe(0)
  })
})
