import type { Payment } from '../../prisma/client/client.ts'
import { Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { WechatPayError } from '../wechat/errors.ts'
import { closeAtWechat, closeStray, SECONDS_AFTER_CLOSE } from './close.ts'
import { type Learnt, learn } from './learn.ts'
import { createPacedRun } from './paced-run.ts'
import { payableOf } from './payable.ts'

/** WeChat takes a few hundred a second from one merchant. */
const ASKS_PER_SECOND = 50

/** A question that got no answer is asked again after this at the latest. */
const SPARE_SECONDS = 600

/** A reader waits so long for WeChat; then the stored state must do. */
const READER_WAITS_MS = 1_000

/** Over all processes, whoever wants to know, one payment is asked about once in this time. */
const PAUSE_SECONDS = 2
const NOT_ASKED_LATELY = Prisma.sql`
  ("lastAskedAt" IS NULL OR "lastAskedAt" < now() - make_interval(secs => ${PAUSE_SECONDS}))`

/** Asks WeChat about every payment that is due, and closes attempts that no order waits for or nobody can pay. */
export function createAsking(deps: Deps): () => Promise<boolean> {
  return createPacedRun<Payment>({
    perSecond: ASKS_PER_SECOND,
    together: true,
    claim: (atMost) => claimDue(deps, atMost),
    work: (payment) => askOne(deps, payment),
  })
}

/**
 * Read repair: brings a pending payment up to date with WeChat, if nobody asked in the last 2 s. Resolves within 1 s;
 * an answer that comes later is settled all the same. Never fails for WeChat's sake.
 */
export async function refreshPayment(deps: Deps, { sn }: { sn: string }): Promise<void> {
  // Who holds the row is settling or closing it: the reader needn't wait, nor ask.
  const [claimed] = await deps.db.$queryRaw<{ sn: string }[]>`
    WITH due AS (
      SELECT sn FROM payment WHERE sn = ${sn} AND status = 'PENDING' AND ${NOT_ASKED_LATELY} FOR UPDATE SKIP LOCKED
    )
    UPDATE payment p SET "lastAskedAt" = now() FROM due WHERE p.sn = due.sn RETURNING p.sn`
  if (!claimed) return
  const asked = askForReader(deps, sn).catch((error: unknown) => {
    deps.log.warn({ err: error, outTradeNo: sn }, 'a reader’s question to WeChat has no answer')
  })
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, READER_WAITS_MS)
  })
  await Promise.race([asked, patience])
  clearTimeout(timer)
}

async function askForReader(deps: Deps, sn: string): Promise<void> {
  const payment = await deps.db.payment.findUniqueOrThrow({ where: { sn } })
  if ((await learn(deps, payment, 'QUERY')) === 'CLOSED') await closeStray(deps, payment)
}

async function claimDue(deps: Deps, atMost: number): Promise<Payment[]> {
  const { recheckSeconds } = deps.config.payment
  const lastRecheck = recheckSeconds.at(-1) ?? SPARE_SECONDS
  const claimed = await deps.db.$queryRaw<{ sn: string }[]>`
    WITH due AS (
      SELECT sn FROM payment WHERE "nextAskAt" <= now() AND ${NOT_ASKED_LATELY}
      ORDER BY "nextAskAt" LIMIT ${atMost} FOR UPDATE SKIP LOCKED
    )
    UPDATE payment p SET "lastAskedAt" = now(), "nextAskAt" = CASE
      WHEN p."closedAt" IS NULL THEN ${firstAfter(Prisma.sql`p."createdAt"`, recheckSeconds, lastRecheck)}
      ELSE ${firstAfter(Prisma.sql`p."closedAt"`, SECONDS_AFTER_CLOSE, SPARE_SECONDS)} END
    FROM due WHERE p.sn = due.sn RETURNING p.sn`
  return deps.db.payment.findMany({ where: { sn: { in: claimed.map(({ sn }) => sn) } } })
}

/** SQL: the first of `start` plus the offsets that is still to come, else `spareSeconds` from now. */
function firstAfter(start: Prisma.Sql, offsets: number[], spareSeconds: number): Prisma.Sql {
  return Prisma.sql`COALESCE(
    (SELECT min(${start} + make_interval(secs => o)) FROM unnest(${offsets}::int[]) o
      WHERE ${start} + make_interval(secs => o) > now()),
    now() + make_interval(secs => ${spareSeconds}))`
}

/** @returns what WeChat threw, or undefined when it answered. */
async function askOne(deps: Deps, payment: Payment): Promise<unknown> {
  try {
    const learnt = await learn(deps, payment, 'QUERY')
    if (payment.closedAt) await resolveClosed(deps, payment, learnt)
    else await closeIfStray(deps, payment, learnt)
    return undefined
  } catch (error) {
    if (!(error instanceof WechatPayError)) throw error
    deps.log.warn({ err: error, outTradeNo: payment.sn }, 'a question to WeChat has no answer')
    return error
  }
}

/**
 * After the last question's answer nothing is left to ask. A number that was closed while WeChat didn't know it, and that
 * a late prepay has opened there since, is closed there too.
 */
async function resolveClosed(deps: Deps, payment: Payment, learnt: Learnt): Promise<void> {
  if (learnt === 'UNCLEAR') return
  if (learnt === 'OPEN') {
    // Not resolved yet: the money can be faster than this close.
    await closeAtWechat(deps, payment)
    return
  }
  const lastSeconds = SECONDS_AFTER_CLOSE.at(-1) ?? 0
  await deps.db.$executeRaw`
    UPDATE payment SET "nextAskAt" = NULL
    WHERE sn = ${payment.sn} AND status = 'CLOSED' AND "closedAt" + make_interval(secs => ${lastSeconds}) <= now()`
}

async function closeIfStray(deps: Deps, payment: Payment, learnt: Learnt): Promise<void> {
  if (learnt === 'PAID' || learnt === 'DISPUTED') return
  if (learnt === 'CLOSED') return closeStray(deps, payment)
  const payable = payableOf(deps, payment.serviceType)
  const order = await deps.db.$transaction((tx) => payable.lock(tx, payment.orderSn))
  if (!order?.waitsForPayment) await closeStray(deps, payment)
}
