import type { Deps } from '../../deps.ts'
import { NOT_APPLIED_AFTER_SECONDS } from '../outbox/apply-lag.ts'
import { REFUND_OVERDUE_AFTER_SECONDS } from '../refund/stuck.ts'
import { paymentRemedies } from '../remedies.ts'
import { NOTICE_ALERT } from './unhandled-notice.ts'

/** A hold mostly ends by itself within seconds, by the notice of its refund. */
const OVERDUE_AFTER_SECONDS = 3_600

/** The most alerts of one run; the others follow in the next ones. */
const MAX_ALERTS = 100

/** What waits for an operator, by kind: the alert that is raised once it is overdue. */
const alerts = {
  under_review: {
    alarm: 'mismatch',
    message: 'payment under review, an operator must decide',
    remedy: paymentRemedies.underReview,
  },
  on_hold: {
    alarm: 'on-hold',
    message: 'payment on hold, adopt the refund that WeChat made',
    remedy: paymentRemedies.onHold,
  },
  not_applied: {
    alarm: 'not-applied',
    message: 'payment not applied to its order, the log says why its job fails',
    remedy: paymentRemedies.notApplied,
  },
  mismatch: {
    alarm: 'mismatch',
    message: 'mismatch open, an operator must decide',
    remedy: paymentRemedies.dismiss,
  },
  notice: NOTICE_ALERT,
  refund: {
    alarm: 'refund',
    message: 'refund under way for a week',
    remedy: paymentRemedies.refund,
  },
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
 * after its restart, so that an alert that nobody saw isn't the last one. It remembers no case that isn't overdue any more.
 */
export function createOverdueAlerts(deps: Deps): () => Promise<boolean> {
  const alerted = new Set<string>()
  return async () => {
    const waiting = await findWaiting(deps)
    for (const kind of Object.keys(alerts)) {
      deps.metrics.waiting.set({ kind }, waiting.filter((each) => each.kind === kind).length)
    }
    const overdue = waiting.filter(({ isOverdue }) => isOverdue)
    const due = kindsInTurn(overdue.filter((each) => !alerted.has(keyOf(each)))).slice(0, MAX_ALERTS)
    for (const each of due) {
      const { alarm, message, remedy } = alerts[each.kind]
      deps.log.error({ alarm, [numberNames[each.kind]]: each.number, remedy }, message)
      alerted.add(keyOf(each))
    }
    const present = new Set(overdue.map(keyOf))
    for (const key of alerted) if (!present.has(key)) alerted.delete(key)
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

/** The first case of each kind, then the second of each, and so on: many of one kind keep no other waiting. */
function kindsInTurn(cases: Waiting[]): Waiting[] {
  const kinds = Map.groupBy(cases, ({ kind }) => kind)
  const turns = [...kinds.values()].flatMap((ofKind) => ofKind.map((each, turn) => ({ each, turn })))
  return turns.toSorted((one, other) => one.turn - other.turn).map(({ each }) => each)
}

/** By kind as well: one payment may wait for two reasons. */
function keyOf({ kind, number }: Waiting): string {
  return `${kind} ${number}`
}

/** Oldest first. */
function findWaiting(deps: Pick<Deps, 'db'>): Promise<Waiting[]> {
  return deps.db.$queryRaw<Waiting[]>`
    SELECT kind, number, "isOverdue" FROM (
      SELECT CASE WHEN "underReviewAt" IS NOT NULL THEN 'under_review' ELSE 'on_hold' END AS kind, sn AS number,
        LEAST("underReviewAt", "heldAt") < now() - make_interval(secs => ${OVERDUE_AFTER_SECONDS}) AS "isOverdue",
        LEAST("underReviewAt", "heldAt") AS since
      FROM payment WHERE "underReviewAt" IS NOT NULL OR "heldAt" IS NOT NULL
      UNION ALL
      SELECT 'not_applied', p.sn, true, e.at
      -- Not EXISTS, which PostgreSQL would make a join with all events: it takes a third of the payments for unapplied.
      FROM payment p, LATERAL (
        SELECT min(at) AS at FROM payment_event e WHERE e."paymentSn" = p.sn AND e.version > p."appliedVersion") e
      WHERE p.version > p."appliedVersion" AND e.at < now() - make_interval(secs => ${NOT_APPLIED_AFTER_SECONDS})
      UNION ALL
      SELECT CASE WHEN subject = 'NOTICE' THEN 'notice' ELSE 'mismatch' END, number,
        "createdAt" < now() - make_interval(secs => ${OVERDUE_AFTER_SECONDS}), "createdAt"
      FROM payment_mismatch
      WHERE "resolvedAt" IS NULL AND (subject IN ('REFUND', 'NOTICE') OR (subject = 'MONEY' AND "paymentSn" IS NULL))
      UNION ALL
      SELECT 'refund', "outRefundNo", true, "createdAt"
      FROM refund
      WHERE "nextAdvanceAt" IS NOT NULL AND "createdAt" < now() - make_interval(secs => ${REFUND_OVERDUE_AFTER_SECONDS})
    ) waiting
    ORDER BY since, number`
}
