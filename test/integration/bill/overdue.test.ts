import { repeatDay } from '../../../src/bill/days.ts'
import { createBillLoop } from '../../../src/bill/reconcile.ts'
import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { makeDue, statusOfDay } from '../../harness/bill-days.ts'

const billOn = '2026-11-02'

async function letPass({ deps: { db } }: TestApp, hours: number): Promise<void> {
  await db.$executeRaw`
    UPDATE bill_day SET "createdAt" = "createdAt" - make_interval(hours => ${hours}::int), "nextTryAt" = now() - interval '1 s'`
}

async function countsOf({ metrics }: TestApp['deps']): Promise<Record<string, number>> {
  const { values } = await metrics.billDays.get()
  return Object.fromEntries(values.map(({ labels, value }) => [labels.status, value]))
}

describe('a day whose bill is not compared, whatever the reason', () => {
  test.beforeEach(async ({ app }) => {
    app.sandbox.faults.add({ endpoint: 'trade-bill', kind: 'error', code: 'STATEMENT_CREATING' })
    await makeDue(app, billOn)
  })

  test('raises an alert after a day, and each day again, not at each try', async ({ app }) => {
    const { deps, lines } = withAlerts(app.deps)
    const tryAgain = createBillLoop(deps)
    await letPass(app, 23)
    await tryAgain()
    expect(lines).toEqual([])
    expect(await countsOf(deps)).toEqual({ due: 1, overdue: 0, missing: 0 })

    await letPass(app, 2)
    await tryAgain()
    await letPass(app, 1)
    await tryAgain()
    const remedy = expect.stringContaining(`npm run admin -- bill ${billOn}`)
    expect(lines).toMatchObject([{ alarm: 'bill', billOn, note: 'WeChat is creating the bill', wholeDays: 1, remedy }])
    expect(await countsOf(deps)).toEqual({ due: 1, overdue: 1, missing: 0 })

    await letPass(app, 24)
    await tryAgain()
    expect(lines).toMatchObject([{ wholeDays: 1 }, { alarm: 'bill', billOn, wholeDays: 2 }])

    app.sandbox.faults.clear('trade-bill')
    await letPass(app, 1)
    await tryAgain()
    expect(await statusOfDay(deps, billOn)).toBe('EMPTY')
    expect(await countsOf(deps)).toEqual({ due: 0, overdue: 0, missing: 0 })
  })

  test('raises none for a day after an operator has it compared again', async ({ app }) => {
    const { deps, lines } = withAlerts(app.deps)
    await letPass(app, 200)
    await deps.db.$transaction((tx) => repeatDay(tx, new Date(billOn)))
    await createBillLoop(deps)()
    expect(lines).toEqual([])
  })
})
