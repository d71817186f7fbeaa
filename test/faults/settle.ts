import { setTimeout } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Stage } from './stage.ts'

const LOOKS_EVERY_MS = 1_000

const READY_WITHIN_MS = 600_000

/** What hasn't changed for so many looks waits for its time; for two more with each time that passes, on a slow machine. */
const WAITS_AFTER_LOOKS = 4
/** Notices alone are sent at once. */
const NOTICES_WAIT_AFTER_LOOKS = 2

/**
 * Whoever looks once a minute begins with a look: after so many waits, they begin anew; while a bill waits, which takes several
 * looks, after each.
 */
const ANEW_EVERY = 5

/** How far the clock is moved then, one after the other, and the last again and again. */
const AHEAD_SECONDS = [61, 9_000]

/** More than thirty hours. Nothing waits for longer: notices are repeated for a day. */
const STUCK_AFTER_WAITS = 14

/**
 * Where the clock can't be moved: what back-offs and schedules would make wait for minutes or days is due now. What was due
 * never is again without this: a number that is closed is queried once more.
 */
const TIME_PASSES = [
  `UPDATE webhook_delivery SET "nextTryAt" = now() WHERE status = 'PENDING' AND "claimedUntil" IS NULL`,
  `UPDATE refund SET "nextAdvanceAt" = now() WHERE "nextAdvanceAt" > now()`,
  `UPDATE message SET "nextTryAt" = now() WHERE status = 'PENDING' AND tries > 0
    AND "nextTryAt" > now() + interval '61 s'`,
  `UPDATE payment SET "queuedAt" = now() - interval '2 h' WHERE version > "appliedVersion"`,
  `UPDATE payment SET "nextRecheckAt" = now() WHERE "nextRecheckAt" > now()
    AND ("closedAt" IS NULL OR "lastQueriedAt" IS NULL OR "lastQueriedAt" <= "closedAt")`,
  `UPDATE homestay_order SET "nextCloseAt" = now() WHERE "tradeState" = 'WAIT_PAY' AND "nextCloseAt" > now()`,
  `UPDATE homestay_order SET "usedAt" = "usedAt" - interval '20 min' WHERE "tradeState" = 'USED' AND "shippedAt" IS NULL
    AND "usedAt" > now() - interval '10 min'`,
  `UPDATE pgboss.job SET start_after = now() WHERE name = 'upload-shipping' AND state = 'retry' AND start_after > now()`,
]

/** How much of each kind is left to do. */
const LEFT = `
  SELECT
    (SELECT count(*)::int FROM payment WHERE version > "appliedVersion" OR version > "publishedVersion") AS payments,
    (SELECT count(*)::int FROM payment WHERE "closedAt" IS NOT NULL AND "paidAt" IS NULL AND "underReviewAt" IS NULL
      AND ("lastQueriedAt" IS NULL OR "lastQueriedAt" <= "closedAt")) AS rechecks,
    (SELECT count(*)::int FROM refund WHERE status IN ('REQUESTED', 'PROCESSING', 'ABNORMAL')) AS refunds,
    (SELECT count(*)::int FROM payment_mismatch WHERE "resolvedAt" IS NULL) AS mismatches,
    (SELECT count(*)::int FROM homestay_order WHERE "tradeState" IN ('WAIT_PAY', 'REFUNDING')) AS orders,
    (SELECT count(*)::int FROM homestay_order WHERE "tradeState" = 'WAIT_USE'
      AND "liveEndDate" <= (now() AT TIME ZONE 'Asia/Shanghai')::date) AS stays,
    (SELECT count(*)::int FROM homestay_order WHERE "tradeState" IN ('USED', 'EXPIRED') AND "shippedAt" IS NULL) AS shipping,
    (SELECT count(*)::int FROM message WHERE status = 'PENDING' AND (tries > 0 OR "nextTryAt" <= now())) AS messages,
    (SELECT count(*)::int FROM webhook_delivery WHERE status = 'PENDING') AS webhooks,
    (SELECT count(*)::int FROM pgboss.job WHERE name = 'webhook-event' AND state < 'completed') AS events,
    (SELECT count(*)::int FROM wechat_binding w
      CROSS JOIN LATERAL generate_series((w."createdAt" AT TIME ZONE 'Asia/Shanghai')::date::timestamp,
        ((now() - interval '34 h') AT TIME ZONE 'Asia/Shanghai')::date::timestamp, '1 day') day
      LEFT JOIN bill_day b ON b."billOn" = day::date
      WHERE coalesce(b.status::text, 'DUE') IN ('DUE', 'MISSING')) AS bills`

type Left = Record<string, number>

/** Lets everything come to its end, with WeChat and all servers well. @returns what is left; nothing, as it should be. */
export async function settle(stage: Stage, progress: (text: string) => void): Promise<Left> {
  let last: Left = {}
  let stood: Left = {}
  let looks = 0
  let waits = 0
  await stage.wechat.clearFaults()
  await stage.supervisor.allReady(READY_WITHIN_MS)
  for (;;) {
    await setTimeout(LOOKS_EVERY_MS)
    const left = await countLeft(stage)
    if (Object.keys(left).length === 0) return left
    looks = isDeepStrictEqual(left, last) ? looks + 1 : 0
    if (isLessOfAny(left, last)) waits = 0
    stood = standing(left, { last, stood })
    last = left
    const enough = 'notices' in left ? NOTICES_WAIT_AFTER_LOOKS : WAITS_AFTER_LOOKS + 2 * waits
    if (looks < enough) continue
    if (Object.values(stood).some((times) => times > STUCK_AFTER_WAITS)) return left
    progress(`  ${describeLeft(left)} wait`)
    const isAnew = 'bills' in left || (waits % ANEW_EVERY === 0 && !('notices' in left))
    await letTimePass(stage, { seconds: AHEAD_SECONDS[waits] ?? AHEAD_SECONDS.at(-1) ?? 0, isAnew })
    looks = 0
    waits += 1
    for (const kind of Object.keys(stood)) stood[kind] = (stood[kind] ?? 0) + 1
  }
}

/**
 * Unpaid orders are over, stays have ended, bills have come: and everything must come to its end again.
 *
 * @returns what is left on the first day that has something left.
 */
export async function letDaysPass(stage: Stage, days: number, progress: (text: string) => void): Promise<Left> {
  let left: Left = {}
  for (let nth = 0; nth < days && stage.sleep && Object.keys(left).length === 0; nth++) {
    await letTimePass(stage, { seconds: 26 * 3_600, isAnew: true })
    left = await settle(stage, progress)
  }
  return left
}

/** For how many waits each kind hasn't become less. Others come and go meanwhile: each day that passes has another bill. */
function standing(left: Left, { last, stood }: { last: Left; stood: Left }): Left {
  const waitsOf = ([kind, count]: [string, number]): [string, number] => [
    kind,
    count < (last[kind] ?? Infinity) ? 0 : (stood[kind] ?? 0),
  ]
  return Object.fromEntries(Object.entries(left).map(waitsOf))
}

function isLessOfAny(left: Left, before: Left): boolean {
  return Object.entries(before).some(([kind, count]) => (left[kind] ?? 0) < count)
}

/** Like `2 refunds, 1 mismatches`. */
export function describeLeft(left: Left): string {
  return Object.entries(left)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ')
}

async function letTimePass(stage: Stage, { seconds, isAnew }: { seconds: number; isAnew: boolean }): Promise<void> {
  // One that meets a lock of a worker the wrong way round is repeated with the next.
  if (!stage.sleep) for (const statement of TIME_PASSES) await stage.query(statement).catch(() => {})
  await stage.sleep?.(seconds)
  if (!isAnew) return
  for (const process of stage.supervisor.processes) if (process.works) process.kill()
  await stage.supervisor.allReady(READY_WITHIN_MS)
}

async function countLeft({ query, wechat }: Stage): Promise<Left> {
  const [counts = {}] = await query<Left>(LEFT)
  const left = Object.entries(counts).filter(([, count]) => count > 0)
  if (left.length > 0) return Object.fromEntries(left)
  const notices = (await wechat.ledger()).notices.filter(({ state }) => state === 'WAITING').length
  return notices > 0 ? { notices } : {}
}
