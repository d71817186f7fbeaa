import type { Payment } from '../../../prisma/client/client.ts'
import { Prisma } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import { WechatPayError } from '../../wechat/errors.ts'
import { createPacedRun } from '../paced-run.ts'
import { payableOf } from '../payable.ts'
import { queryAndSettle, type RemoteState } from '../settlement/query.ts'
import { closeAtWechat, closeOrphaned, RECHECKS_AFTER_CLOSE_SECONDS } from './close.ts'

/** WeChat takes a few hundred a second from one merchant. */
const QUERIES_PER_SECOND = 50

/** A recheck that got no answer is repeated after this at the latest. */
const FALLBACK_RECHECK_SECONDS = 600

/** A reader waits so long for WeChat; then the stored state must do. */
const READER_WAITS_MS = 1_000

/** One payment is queried once in this time, over all processes, whoever wants to know. */
const QUERY_INTERVAL_SECONDS = 2
const NOT_QUERIED_LATELY = Prisma.sql`
  ("lastQueriedAt" IS NULL OR "lastQueriedAt" < now() - make_interval(secs => ${QUERY_INTERVAL_SECONDS}))`

/**
 * The recheck loop: queries WeChat about every payment whose `nextRecheckAt` has come, which is moved on first, so that a
 * crash delays a payment and loses none. A pending one is rechecked by the schedule of PAYMENT_RECHECK_SECONDS, a closed
 * one by {@link RECHECKS_AFTER_CLOSE_SECONDS}. Attempts that are orphaned, or that nobody can pay, are closed.
 */
export function createRecheckLoop(deps: Deps): () => Promise<boolean> {
  return createPacedRun<Payment>({
    perSecond: QUERIES_PER_SECOND,
    together: true,
    claim: (atMost) => claimDue(deps, atMost),
    work: (payment) => recheck(deps, payment),
  })
}

/**
 * Read repair: brings a pending payment up to date with WeChat, if nobody queried it in the last 2 s. Resolves within
 * 1 s; an answer that comes later is settled all the same. Never fails because WeChat does.
 */
export async function refreshPayment(deps: Deps, { sn }: { sn: string }): Promise<void> {
  // Whoever holds the row is settling or closing it: the reader needn't wait, nor query.
  const [claimed] = await deps.db.$queryRaw<{ sn: string }[]>`
    WITH due AS (
      SELECT sn FROM payment WHERE sn = ${sn} AND status = 'PENDING' AND ${NOT_QUERIED_LATELY} FOR UPDATE SKIP LOCKED
    )
    UPDATE payment p SET "lastQueriedAt" = now() FROM due WHERE p.sn = due.sn RETURNING p.sn`
  if (!claimed) return
  const queried = queryForReader(deps, sn).catch((error: unknown) => {
    deps.log.warn({ err: error, outTradeNo: sn }, 'query for a reader failed')
  })
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, READER_WAITS_MS)
  })
  await Promise.race([queried, patience])
  clearTimeout(timer)
}

async function queryForReader(deps: Deps, sn: string): Promise<void> {
  const attempt = await deps.db.payment.findUniqueOrThrow({ where: { sn } })
  if ((await queryAndSettle(deps, { attempt, source: 'QUERY' })) === 'CLOSED') await closeOrphaned(deps, attempt)
}

async function claimDue(deps: Deps, atMost: number): Promise<Payment[]> {
  const { recheckSeconds } = deps.config.payment
  const lastRecheck = recheckSeconds.at(-1) ?? FALLBACK_RECHECK_SECONDS
  const claimed = await deps.db.$queryRaw<{ sn: string }[]>`
    WITH due AS (
      SELECT sn FROM payment WHERE "nextRecheckAt" <= now() AND ${NOT_QUERIED_LATELY}
      ORDER BY "nextRecheckAt" LIMIT ${atMost} FOR UPDATE SKIP LOCKED
    )
    UPDATE payment p SET "lastQueriedAt" = now(), "nextRecheckAt" = CASE
      WHEN p."closedAt" IS NULL THEN ${firstAfter(Prisma.sql`p."createdAt"`, recheckSeconds, lastRecheck)}
      ELSE ${firstAfter(Prisma.sql`p."closedAt"`, RECHECKS_AFTER_CLOSE_SECONDS, FALLBACK_RECHECK_SECONDS)} END
    FROM due WHERE p.sn = due.sn RETURNING p.sn`
  return deps.db.payment.findMany({ where: { sn: { in: claimed.map(({ sn }) => sn) } } })
}

/** SQL: the first of `start` plus the offsets that is still to come, else `fallbackSeconds` from now. */
function firstAfter(start: Prisma.Sql, offsets: number[], fallbackSeconds: number): Prisma.Sql {
  return Prisma.sql`COALESCE(
    (SELECT min(${start} + make_interval(secs => o)) FROM unnest(${offsets}::int[]) o
      WHERE ${start} + make_interval(secs => o) > now()),
    now() + make_interval(secs => ${fallbackSeconds}))`
}

/** @returns what WeChat threw, or undefined when it answered. */
async function recheck(deps: Deps, payment: Payment): Promise<unknown> {
  try {
    const state = await queryAndSettle(deps, { attempt: payment, source: 'QUERY' })
    if (payment.closedAt) await finishClosed(deps, payment, state)
    else await closeIfOrphaned(deps, payment, state)
    return undefined
  } catch (error) {
    if (!(error instanceof WechatPayError)) throw error
    deps.log.warn({ err: error, outTradeNo: payment.sn }, 'recheck got no answer from WeChat')
    return error
  }
}

/**
 * After the last recheck's answer nothing is left to find out. A number that was closed before WeChat knew it, and that a
 * late prepay has opened there since, is closed there too.
 */
async function finishClosed(deps: Deps, payment: Payment, state: RemoteState): Promise<void> {
  if (state === 'UNCLEAR') return
  if (state === 'OPEN') {
    // Rechecked again: the money can be faster than this close.
    await closeAtWechat(deps, payment)
    return
  }
  const lastSeconds = RECHECKS_AFTER_CLOSE_SECONDS.at(-1) ?? 0
  await deps.db.$executeRaw`
    UPDATE payment SET "nextRecheckAt" = NULL
    WHERE sn = ${payment.sn} AND status = 'CLOSED' AND "closedAt" + make_interval(secs => ${lastSeconds}) <= now()`
}

async function closeIfOrphaned(deps: Deps, payment: Payment, state: RemoteState): Promise<void> {
  if (state === 'PAID' || state === 'UNDER_REVIEW') return
  if (state === 'CLOSED') return closeOrphaned(deps, payment)
  const payable = payableOf(deps, payment.serviceType)
  const order = await deps.db.$transaction((tx) => payable.lock(tx, payment.orderSn))
  if (!order?.waitsForPayment) await closeOrphaned(deps, payment)
}
