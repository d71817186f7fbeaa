import type { BillDay, BillDifference } from '../../prisma/client/client.ts'
import { Prisma } from '../../prisma/client/client.ts'
import type { Database, Tx } from '../infra/database.ts'
import { queryRows } from '../infra/statement.ts'

/** A day of the bill as an accountant sees it. */
export type ShownDay = Pick<BillDay, 'billOn' | 'status' | 'note' | 'nextTryAt' | 'doneAt' | 'rowsDone'> & {
  /** How many differences it has, whatever became of them. */
  differences: number
  /** How many of them a person must decide. */
  open: number
}

const SHOWN = { billOn: true, status: true, note: true, nextTryAt: true, doneAt: true, rowsDone: true } as const

const OLDEST_FIRST = [{ billOn: 'asc' }, { kind: 'asc' }, { number: 'asc' }, { class: 'asc' }] as const

type Reader = Pick<Tx, 'billDay' | 'billDifference'>

/** The days of the bill from one on, before another. */
export function listDays(db: Reader, { from, until }: { from: Date; until: Date }): Promise<ShownDay[]> {
  return findDays(db, { billOn: { gte: from, lt: until } })
}

/** Null for a day that nobody has compared, or is to. */
export async function findDay(db: Reader, billOn: Date): Promise<ShownDay | null> {
  const [found] = await findDays(db, { billOn })
  return found ?? null
}

/** The days that WeChat has no bill of, although our books have payments or refunds of them. */
export function listMissingDays(db: Reader): Promise<ShownDay[]> {
  return findDays(db, { status: 'MISSING' })
}

async function findDays(db: Reader, where: Prisma.BillDayWhereInput): Promise<ShownDay[]> {
  const days = await db.billDay.findMany({ where, orderBy: { billOn: 'asc' }, select: SHOWN })
  const counted = await db.billDifference.groupBy({
    by: ['billOn', 'outcome'],
    where: { billOn: { in: days.map(({ billOn }) => billOn) } },
    _count: true,
  })
  return days.map((day) => {
    const ofDay = counted.filter(({ billOn }) => billOn.getTime() === day.billOn.getTime())
    const sum = (counts: typeof ofDay) => counts.reduce((total, { _count }) => total + _count, 0)
    return { ...day, differences: sum(ofDay), open: sum(ofDay.filter(({ outcome }) => outcome === 'DECIDE')) }
  })
}

/** What differs on a day, what a person must decide first. */
export function listDifferences(
  db: Reader,
  { billOn, limit }: { billOn: Date; limit: number },
): Promise<BillDifference[]> {
  return db.billDifference.findMany({
    where: { billOn },
    orderBy: [{ outcome: 'asc' }, ...OLDEST_FIRST],
    take: limit,
  })
}

/**
 * What a person must decide, of all days, oldest first. The outcome stands in the statement itself, as in the partial index that
 * finds it.
 */
export function listOpenDifferences(
  db: Pick<Tx, '$queryRaw'>,
  { limit }: { limit: number },
): Promise<BillDifference[]> {
  return db.$queryRaw`
    SELECT "billOn", kind::text, number, class::text, "outTradeNo", "outRefundNo", "atWechat", here, outcome::text, "createdAt",
      "updatedAt"
    FROM bill_difference WHERE outcome = 'DECIDE' ORDER BY "billOn", kind, number, class LIMIT ${limit}`
}

/** What WeChat's bill of a day comes to, in fen. */
export interface DayTotals {
  payments: number
  paymentsFen: number
  refunds: number
  refundsFen: number
  /** With three decimals: what WeChat keeps for all of it. */
  feeFen: number
  /** By how much the account changed. */
  bookedFen: number
}

export async function sumDay(db: Database, billOn: string): Promise<DayTotals> {
  const [totals] = await queryRows<DayTotals>(
    db,
    Prisma.sql`
    SELECT count(*) FILTER (WHERE kind = 'PAYMENT')::int AS payments,
      coalesce(sum(amount) FILTER (WHERE kind = 'PAYMENT'), 0)::float8 AS "paymentsFen",
      count(*) FILTER (WHERE kind = 'REFUND')::int AS refunds,
      coalesce(sum(amount) FILTER (WHERE kind = 'REFUND'), 0)::float8 AS "refundsFen",
      coalesce(sum(fee), 0)::float8 AS "feeFen",
      coalesce(sum(booked), 0)::float8 AS "bookedFen"
    FROM bill_row WHERE "billOn" = ${billOn}::date`,
  )
  if (!totals) throw new Error('an aggregate gave no row')
  return totals
}
