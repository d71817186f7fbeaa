import type { Payment } from '../../../prisma/client/client.ts'
import { Prisma } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import { grant, type SharedRate } from '../../infra/shared-rate.ts'
import { countChanged, queryRows } from '../../infra/statement.ts'
import { UNFLUSHED } from '../../infra/unflushed.ts'
import { WechatPayError } from '../../wechat/errors.ts'
import { PAYMENT_COLUMNS } from '../columns.ts'
import { type Claimed, createPacedRun, NOT_CALLED } from '../paced-run.ts'
import { payableOf } from '../payable.ts'
import { queryAndSettle, type RemoteState } from '../settlement/query.ts'
import { closeAtWechat, closeOrphaned, RECHECKS_AFTER_CLOSE_SECONDS } from './close.ts'

/**
 * Rechecking: querying WeChat for a payment until its fate is certain, so that a lost notice never loses money. The row
 * is the timer: `nextRecheckAt` says when it is due next, and null that nothing is left to find out. There are three
 * modes:
 *
 * - PENDING: the recheck loop queries by the offsets of PAYMENT_RECHECK_SECONDS from the payment's creation, then again
 *   every last offset. An attempt that is orphaned, or that WeChat has closed, is closed here as well.
 * - CLOSED: the loop queries 1 min, 10 min, 2 h and 26 h after the close, because money can be late. A number that is
 *   open at WeChat again is closed again.
 * - READ REPAIR: whoever reads a pending payment has it queried at once, and waits for 1 s at most (`refreshPayment`).
 *
 * The loop claims a payment by moving `nextRecheckAt` on before it queries: a crash delays the payment and loses none,
 * and several workers share them by SKIP LOCKED, and the merchant's rate by its row. `lastQueriedAt` limits all modes
 * together to one query of a payment in 2 s, over all processes. A circuit breaker pauses the loop while WeChat doesn't answer (../paced-run.ts).
 */

/**
 * Of the 1,800 queries a second that WeChat takes from one merchant; the rest is for guests who wait (read repair, which
 * isn't counted) and for closing. Three for each of 150 taps a second.
 * Source: https://pay.weixin.qq.com/doc/global/v2/zh/4013637944
 */
const RECHECKS: SharedRate = { name: 'recheck', perSecond: 450 }

/** Of the places, for closed payments, however many are pending. */
const SHARE_OF_CLOSED = 1 / 8

/** Payments that one process queries at once, at most. */
const AT_ONCE = 32

/** The interval once no offset is left, for a closed payment whose last recheck failed. */
const FALLBACK_RECHECK_SECONDS = 600

/** How long a reader waits for WeChat before it gets the stored state. */
const READER_WAITS_MS = 1_000

/** One payment is queried once in this time, over all processes and modes. */
const QUERY_INTERVAL_SECONDS = 2
const NOT_QUERIED_RECENTLY = Prisma.sql`
  ("lastQueriedAt" IS NULL OR "lastQueriedAt" < now() - make_interval(secs => ${QUERY_INTERVAL_SECONDS}))`
const IS_DUE = Prisma.sql`"nextRecheckAt" <= now() AND ${NOT_QUERIED_RECENTLY}`

/** One run of the recheck loop over the payments that are due, in the modes PENDING and CLOSED. */
export function createRecheckLoop(deps: Deps): (stopping?: AbortSignal) => Promise<boolean> {
  const keepForClosed = createShare(SHARE_OF_CLOSED)
  return createPacedRun<Payment>({
    atOnce: AT_ONCE,
    claim: (atMost) => claimDue(deps, atMost, keepForClosed(atMost)),
    work: (payment) => recheck(deps, payment),
  })
}

/** Whether a payment had been queried in the last 2 s when it was read, by the database's clock. */
export function isQueriedRecently({
  lastQueriedAt,
  readAt,
}: Pick<Payment, 'lastQueriedAt'> & { readAt: Date }): boolean {
  return lastQueriedAt !== null && readAt.getTime() - lastQueriedAt.getTime() < QUERY_INTERVAL_SECONDS * 1_000
}

/**
 * Read repair: brings a pending payment up to date with WeChat, unless it was queried in the last 2 s. Resolves within
 * `waitMs`, 1 s by default; an answer that comes later is settled all the same. Never fails because WeChat does.
 *
 * @returns whether it queried, so that the payment may have changed.
 */
export async function refreshPayment(
  deps: Deps,
  { sn, waitMs = READER_WAITS_MS }: { sn: string; waitMs?: number },
): Promise<boolean> {
  // SKIP LOCKED: whoever locks the row is settling or closing it, so there is nothing to query or to wait for.
  const [claimed] = await queryRows<Pick<Payment, 'sn' | 'mchid'>>(
    deps.db,
    Prisma.sql`
    WITH due AS (
      SELECT sn FROM payment WHERE sn = ${sn} AND status = 'PENDING' AND ${NOT_QUERIED_RECENTLY} FOR UPDATE SKIP LOCKED
    )
    UPDATE payment p SET "lastQueriedAt" = now() FROM due WHERE p.sn = due.sn RETURNING p.sn, p.mchid`,
  )
  if (!claimed) return false
  const queried = queryForReader(deps, claimed).catch((error: unknown) => {
    deps.log.warn({ err: error, outTradeNo: sn }, 'payment query failed, the guest was shown the stored state')
  })
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, waitMs)
  })
  await Promise.race([queried, timeout])
  clearTimeout(timer)
  return true
}

async function queryForReader(deps: Deps, attempt: Pick<Payment, 'sn' | 'mchid'>): Promise<void> {
  if ((await queryAndSettle(deps, { attempt, source: 'QUERY' })) !== 'CLOSED') return
  await closeOrphaned(deps, await deps.db.payment.findUniqueOrThrow({ where: { sn: attempt.sn } }))
}

/** @returns a function that gives this share of each number, in whole ones: most claims fill a few places only. */
function createShare(share: number): (of: number) => number {
  let rest = 0
  return (of) => {
    rest += of * share
    const whole = Math.floor(rest)
    rest -= whole
    return whole
  }
}

/**
 * Pending payments come first, since a guest may be waiting for them; closed ones, of which there are many after an outage,
 * are due once in hours. However many are pending, `keptForClosed` places are for closed ones: money that came late must not
 * wait until the rush is over.
 */
async function claimDue(deps: Deps, atMost: number, keptForClosed: number): Promise<Claimed<Payment>> {
  const { recheckSeconds } = deps.config.payment
  const lastRecheck = recheckSeconds.at(-1) ?? FALLBACK_RECHECK_SECONDS
  const due = await queryRows<Payment & { isClaimed: boolean }>(
    deps.db,
    Prisma.sql`
    WITH kept AS MATERIALIZED (
      SELECT sn FROM payment WHERE "closedAt" IS NOT NULL AND ${IS_DUE}
      ORDER BY "nextRecheckAt" LIMIT ${keptForClosed} FOR UPDATE SKIP LOCKED
    ),
    pending AS MATERIALIZED (
      SELECT sn FROM payment WHERE "closedAt" IS NULL AND ${IS_DUE}
      ORDER BY "nextRecheckAt" LIMIT ${atMost} - (SELECT count(*) FROM kept) FOR UPDATE SKIP LOCKED
    ),
    closed AS MATERIALIZED (
      SELECT sn FROM payment WHERE "closedAt" IS NOT NULL AND ${IS_DUE} AND sn <> ALL(ARRAY(SELECT sn FROM kept))
      ORDER BY "nextRecheckAt" LIMIT ${atMost} - (SELECT count(*) FROM kept) - (SELECT count(*) FROM pending)
      FOR UPDATE SKIP LOCKED
    ),
    due AS MATERIALIZED (
      SELECT sn FROM kept UNION ALL SELECT sn FROM pending UNION ALL SELECT sn FROM closed
    ),
    ${grant(RECHECKS)},
    claimed AS (
      UPDATE payment p SET "lastQueriedAt" = now(), "nextRecheckAt" = CASE
        WHEN p."closedAt" IS NULL THEN ${firstAfter(Prisma.sql`p."createdAt"`, recheckSeconds, lastRecheck)}
        ELSE ${firstAfter(Prisma.sql`p."closedAt"`, RECHECKS_AFTER_CLOSE_SECONDS, FALLBACK_RECHECK_SECONDS)} END
      WHERE sn = ANY(ARRAY(SELECT sn FROM due LIMIT (SELECT count FROM granted))) RETURNING ${PAYMENT_COLUMNS}
    )
    SELECT c.sn IS NOT NULL AS "isClaimed", c.* FROM due LEFT JOIN claimed c ON c.sn = due.sn`,
  )
  const items = due.filter(({ isClaimed }) => isClaimed)
  return { items, isLimited: items.length < due.length }
}

/** SQL: the first of `start` plus the offsets that is still to come, else `fallbackSeconds` from now. */
function firstAfter(start: Prisma.Sql, offsets: number[], fallbackSeconds: number): Prisma.Sql {
  return Prisma.sql`COALESCE(
    (SELECT min(${start} + make_interval(secs => o)) FROM unnest(${offsets}::int[]) o
      WHERE ${start} + make_interval(secs => o) > now()),
    now() + make_interval(secs => ${fallbackSeconds}))`
}

/** @returns what the paced run counts. */
async function recheck(deps: Deps, payment: Payment): Promise<unknown> {
  try {
    const state = await queryAndSettle(deps, { attempt: payment, source: 'QUERY' })
    if (payment.closedAt) await finishClosed(deps, payment, state)
    else await closeIfOrphaned(deps, payment, state)
    return undefined
  } catch (error) {
    const isOurs = !(error instanceof WechatPayError)
    deps.log[isOurs ? 'error' : 'warn']({ err: error, outTradeNo: payment.sn }, 'recheck failed, trying again')
    return isOurs ? NOT_CALLED : error
  }
}

/**
 * Ends the rechecks of a closed payment once the last one is answered. A number that is open at WeChat, because a late
 * prepay reached WeChat after the close, is closed there too.
 */
async function finishClosed(deps: Deps, payment: Payment, state: RemoteState): Promise<void> {
  if (state === 'UNCLEAR') return
  if (state === 'OPEN') {
    // The rechecks go on: a payment can win against this close as well.
    await closeAtWechat(deps, payment)
    return
  }
  const lastSeconds = RECHECKS_AFTER_CLOSE_SECONDS.at(-1) ?? 0
  await countChanged(
    deps.db,
    Prisma.sql`
    UPDATE payment SET "nextRecheckAt" = NULL
    WHERE sn = ${payment.sn} AND status = 'CLOSED' AND "closedAt" + make_interval(secs => ${lastSeconds}) <= now()`,
  )
}

/** Whether its order waits for a payment, once nobody has the order locked. */
async function isAwaited(deps: Deps, { serviceType, orderSn }: Payment): Promise<boolean> {
  const [order] = await queryRows<{ waitsForPayment: boolean }>(
    deps.db,
    Prisma.sql`
    WITH o AS MATERIALIZED (${payableOf(deps, serviceType).lockQuery(orderSn)})
    SELECT o."waitsForPayment" FROM o CROSS JOIN ${UNFLUSHED}`,
  )
  return order?.waitsForPayment === true
}

async function closeIfOrphaned(deps: Deps, payment: Payment, state: RemoteState): Promise<void> {
  if (state === 'PAID' || state === 'UNDER_REVIEW') return
  if (state === 'CLOSED') return closeOrphaned(deps, payment)
  if (!(await isAwaited(deps, payment))) await closeOrphaned(deps, payment)
}
