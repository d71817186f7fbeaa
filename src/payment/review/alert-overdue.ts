import type { Deps } from '../deps.ts'

/** A hold ends by itself when the notice of its refund comes: mostly within seconds. */
const PATIENCE_SECONDS = 3_600

/** A refund to a bank card takes 1 to 3 working days, which a week with holidays holds. */
const REFUND_PATIENCE_SECONDS = 7 * 86_400

/** An order follows its payment within a second; the queue's first tries are over after this. */
const FOLLOW_PATIENCE_SECONDS = 600

/** More than this is told by the gauge alone. */
const TOLD_AT_MOST = 100

/** What waits, the alarm that it rings, and what the operator is told. */
const told = {
  disputed: { alarm: 'misfit', message: 'money that does not fit still waits for an operator' },
  held: { alarm: 'held', message: 'WeChat gave money back and nobody has told us how much: take the refund over' },
  unfollowed: { alarm: 'follow', message: 'an order does not follow its payment: the log says why its job fails' },
  unfit: { alarm: 'misfit', message: 'money or a refund that fits no payment still waits for an operator' },
  refund: { alarm: 'refund', message: 'a refund has been under way for a week' },
}

interface Waiting {
  kind: keyof typeof told
  /** out_trade_no, or out_refund_no of a refund. */
  number: string
  isLate: boolean
}

/**
 * Counts what waits for a person, and rings for what has waited too long: once from each worker, and once more after it
 * starts again, so that an alarm that nobody saw is not the last one.
 */
export function createReminding(deps: Deps): () => Promise<boolean> {
  let rung = new Set<string>()
  return async () => {
    const waiting = await findWaiting(deps)
    for (const kind of Object.keys(told)) {
      deps.metrics.waiting.set({ kind }, waiting.filter((each) => each.kind === kind).length)
    }
    const late = waiting.filter(({ isLate }) => isLate).slice(0, TOLD_AT_MOST)
    for (const each of late) {
      const { alarm, message } = told[each.kind]
      const name = each.kind === 'refund' ? 'outRefundNo' : 'outTradeNo'
      if (!rung.has(nameOf(each))) deps.log.error({ alarm, [name]: each.number }, message)
    }
    rung = new Set(late.map(nameOf))
    return false
  }
}

/** One payment may wait for two reasons. */
function nameOf({ kind, number }: Waiting): string {
  return `${kind} ${number}`
}

function findWaiting(deps: Deps): Promise<Waiting[]> {
  return deps.db.$queryRaw<Waiting[]>`
    SELECT CASE WHEN "disputedAt" IS NOT NULL THEN 'disputed' ELSE 'held' END AS kind, sn AS number,
      LEAST("disputedAt", "heldAt") < now() - make_interval(secs => ${PATIENCE_SECONDS}) AS "isLate"
    FROM payment WHERE "disputedAt" IS NOT NULL OR "heldAt" IS NOT NULL
    UNION ALL
    SELECT 'unfollowed', sn, true
    FROM payment p
    WHERE version > "appliedVersion" AND EXISTS (
      SELECT 1 FROM payment_event e WHERE e."paymentSn" = p.sn AND e.version > p."appliedVersion"
        AND e.at < now() - make_interval(secs => ${FOLLOW_PATIENCE_SECONDS}))
    UNION ALL
    SELECT 'unfit', number, "createdAt" < now() - make_interval(secs => ${PATIENCE_SECONDS})
    FROM payment_misfit
    WHERE "resolvedAt" IS NULL AND kind <> 'EVENT_TYPE' AND ("paymentSn" IS NULL OR kind LIKE 'REFUND\\_%')
    UNION ALL
    SELECT 'refund', "outRefundNo", true
    FROM refund
    WHERE "nextAskAt" IS NOT NULL AND "createdAt" < now() - make_interval(secs => ${REFUND_PATIENCE_SECONDS})
    ORDER BY number`
}
