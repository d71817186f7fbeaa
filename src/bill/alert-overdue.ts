import type { Deps } from '../deps.ts'

const DAY_SECONDS = 86_400

interface WaitingDay {
  /** `yyyy-mm-dd` in China. */
  billOn: string
  status: 'DUE' | 'MISSING'
  note: string | null
  /** Since it became due, when its bill had to be ready. */
  wholeDays: number
}

/**
 * Counts days that wait and differences that a person must decide, and raises an alert for each day that has been due for a
 * day and more, whatever the reason: once a day per worker, and again after its restart.
 */
export function createOverdueBillAlerts(deps: Deps): () => Promise<void> {
  let alerted = new Set<string>()
  return async () => {
    const days = await findWaitingDays(deps)
    const due = days.filter(({ status }) => status === 'DUE')
    const overdue = due.filter(({ wholeDays }) => wholeDays > 0)
    for (const each of overdue) {
      const { billOn, note, wholeDays } = each
      if (alerted.has(keyOf(each))) continue
      const remedy = `mend what note says, then npm run admin -- bill ${billOn} has the day compared again`
      deps.log.error({ alarm: 'bill', billOn, note, wholeDays, remedy }, 'bill not compared for a day and more')
    }
    alerted = new Set(overdue.map(keyOf))
    const { billDays } = deps.metrics
    billDays.set({ status: 'due' }, due.length)
    billDays.set({ status: 'overdue' }, overdue.length)
    billDays.set({ status: 'missing' }, days.length - due.length)
    await countDifferences(deps)
  }
}

function keyOf({ billOn, wholeDays }: WaitingDay): string {
  return `${billOn} ${wholeDays}`
}

function findWaitingDays({ db }: Deps): Promise<WaitingDay[]> {
  return db.$queryRaw<WaitingDay[]>`
    SELECT to_char("billOn", 'YYYY-MM-DD') AS "billOn", status::text, note,
      floor(extract(epoch FROM now() - "createdAt") / ${DAY_SECONDS}::int)::int AS "wholeDays"
    FROM bill_day WHERE status IN ('DUE', 'MISSING') ORDER BY "billOn"`
}

async function countDifferences({ db, metrics }: Deps): Promise<void> {
  const open = await db.$queryRaw<{ class: string; count: number }[]>`
    SELECT class::text, count(*)::int FROM bill_difference WHERE outcome = 'DECIDE' GROUP BY class`
  metrics.billDifferences.reset()
  for (const each of open) metrics.billDifferences.set({ class: each.class }, each.count)
}
