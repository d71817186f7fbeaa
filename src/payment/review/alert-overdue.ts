import type { Deps } from '../../deps.ts'

/** A hold mostly ends by itself within seconds, by the notice of its refund. */
const OVERDUE_AFTER_SECONDS = 3_600

/** A refund to a bank card takes 1 to 3 working days; holidays may stretch them to a week. */
const REFUND_OVERDUE_AFTER_SECONDS = 7 * 86_400

/** A payment is normally applied within a second; the first retries of a failing job are over after this. */
const APPLY_OVERDUE_AFTER_SECONDS = 600

/** The most alerts of one run; the gauge counts the rest. */
const MAX_ALERTS = 100

/** What waits for an operator, by kind: the alert that is raised once it is overdue. */
const alerts = {
  under_review: { alarm: 'mismatch', message: 'payment under review, an operator must decide' },
  on_hold: { alarm: 'on-hold', message: 'payment on hold, adopt the refund that WeChat made' },
  not_applied: { alarm: 'not-applied', message: 'payment not applied to its order, the log says why its job fails' },
  mismatch: { alarm: 'mismatch', message: 'mismatch open, an operator must decide' },
  notice: { alarm: 'notice', message: 'notice not handled, a person must look at it' },
  refund: { alarm: 'refund', message: 'refund under way for a week' },
}

/** What a log line calls the number. */
const numberNames = {
  under_review: 'outTradeNo',
  on_hold: 'outTradeNo',
  not_applied: 'outTradeNo',
  mismatch: 'number',
  notice: 'number',
  refund: 'outRefundNo',
}

interface Waiting {
  kind: keyof typeof alerts
  /** out_trade_no; of a refund out_refund_no; of a mismatch either; of a notice its id. */
  number: string
  isOverdue: boolean
}

/**
 * Counts what waits for an operator, and raises an alert for each case that is overdue: once per worker, and again
 * after its restart, so that an alert that nobody saw isn't the last one.
 */
export function createOverdueAlerts(deps: Deps): () => Promise<boolean> {
  let alerted = new Set<string>()
  return async () => {
    const waiting = await findWaiting(deps)
    for (const kind of Object.keys(alerts)) {
      deps.metrics.waiting.set({ kind }, waiting.filter((each) => each.kind === kind).length)
    }
    const overdue = waiting.filter(({ isOverdue }) => isOverdue).slice(0, MAX_ALERTS)
    for (const each of overdue) {
      const { alarm, message } = alerts[each.kind]
      if (!alerted.has(keyOf(each))) deps.log.error({ alarm, [numberNames[each.kind]]: each.number }, message)
    }
    alerted = new Set(overdue.map(keyOf))
    return false
  }
}

/** How many cases of each kind wait for a person, and how many of them are overdue. */
export async function countWaiting(
  deps: Pick<Deps, 'db'>,
): Promise<Record<Waiting['kind'], { count: number; overdue: number }>> {
  const waiting = await findWaiting(deps)
  const counts = Object.keys(alerts).map((kind) => {
    const ofKind = waiting.filter((each) => each.kind === kind)
    return [kind, { count: ofKind.length, overdue: ofKind.filter(({ isOverdue }) => isOverdue).length }]
  })
  return Object.fromEntries(counts) as Record<Waiting['kind'], { count: number; overdue: number }>
}

/** By kind as well: one payment may wait for two reasons. */
function keyOf({ kind, number }: Waiting): string {
  return `${kind} ${number}`
}

function findWaiting(deps: Pick<Deps, 'db'>): Promise<Waiting[]> {
  return deps.db.$queryRaw<Waiting[]>`
    SELECT CASE WHEN "underReviewAt" IS NOT NULL THEN 'under_review' ELSE 'on_hold' END AS kind, sn AS number,
      LEAST("underReviewAt", "heldAt") < now() - make_interval(secs => ${OVERDUE_AFTER_SECONDS}) AS "isOverdue"
    FROM payment WHERE "underReviewAt" IS NOT NULL OR "heldAt" IS NOT NULL
    UNION ALL
    SELECT 'not_applied', sn, true
    FROM payment p
    -- Not EXISTS, which PostgreSQL would make a join with all events: it takes a third of the payments for unapplied.
    WHERE version > "appliedVersion" AND now() - make_interval(secs => ${APPLY_OVERDUE_AFTER_SECONDS}) > (
      SELECT min(at) FROM payment_event e WHERE e."paymentSn" = p.sn AND e.version > p."appliedVersion")
    UNION ALL
    SELECT CASE WHEN subject = 'NOTICE' THEN 'notice' ELSE 'mismatch' END, number, "createdAt" < now() - make_interval(secs => ${OVERDUE_AFTER_SECONDS})
    FROM payment_mismatch
    WHERE "resolvedAt" IS NULL AND (subject IN ('REFUND', 'NOTICE') OR (subject = 'MONEY' AND "paymentSn" IS NULL))
    UNION ALL
    SELECT 'refund', "outRefundNo", true
    FROM refund
    WHERE "nextAdvanceAt" IS NOT NULL AND "createdAt" < now() - make_interval(secs => ${REFUND_OVERDUE_AFTER_SECONDS})
    ORDER BY number`
}
