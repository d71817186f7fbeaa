import { Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { InvalidInputError } from '../errors.ts'
import { type Database, databaseNow, type Tx } from '../infra/database.ts'
import { DUE_BY } from '../infra/due.ts'
import { formatDay, shanghaiDay, startOfShanghaiDay } from '../infra/shanghai.ts'
import { countChanged } from '../infra/statement.ts'
import { billTexts } from './texts.ts'

const DAY_MS = 86_400_000
/** A bill is ready at 10:00 of the next day in China: 34 hours after its day began. */
const READY_AFTER_MS = 34 * 3_600_000
/** WeChat keeps bills for three months. */
const KEPT_DAYS = 89

/** A worker that doesn't say for so long that it goes on has died. */
const CLAIM_SECONDS = 300
const RENEW_EVERY_MS = 10_000

/** Rows that a statement deletes at most: it must end within its time, on a day of a million. */
const FORGET_AT_ONCE = 10_000

/** A day that this worker compares. */
export interface ClaimedDay {
  /** `yyyy-mm-dd` in China. */
  billOn: string
  claimedBy: string
  tradeSha1: string | null
  rowsDone: number
}

/** What a comparison calls between its steps; it throws when the day is lost to another worker, or the process stops. */
export type Checkpoint = () => Promise<void>

/** Another worker has taken the day, because this one was silent for too long. */
export class DayTakenError extends Error {
  override readonly name = 'DayTakenError'

  constructor({ billOn }: ClaimedDay) {
    super(`another worker compares the bill of ${billOn}`)
  }
}

/**
 * Makes a row for each day whose bill must be ready and which has none yet: since this database belongs to a merchant, and
 * for as long as WeChat keeps bills. So days on which no worker ran are made up for.
 */
export async function addDueDays(db: Database): Promise<void> {
  const now = await databaseNow(db)
  const newest = shanghaiDay(new Date(now.getTime() - READY_AFTER_MS))
  const oldest = new Date(newest.getTime() - (KEPT_DAYS - 1) * DAY_MS)
  const bound = await db.wechatBinding.findFirst()
  const first = bound ? shanghaiDay(bound.createdAt) : newest
  await db.$executeRaw`
    INSERT INTO bill_day ("billOn")
    SELECT d::date FROM generate_series(${formatDay(first > oldest ? first : oldest)}::date::timestamp,
      ${formatDay(newest)}::date::timestamp, '1 day') d
    ON CONFLICT DO NOTHING`
}

/** The oldest day that is due and that no other worker compares; null when there is none. */
export async function claimDay(db: Database, claimedBy: string): Promise<ClaimedDay | null> {
  const [claimed] = await db.$queryRaw<ClaimedDay[]>`
    UPDATE bill_day SET "claimedBy" = ${claimedBy}, "claimedUntil" = now() + make_interval(secs => ${CLAIM_SECONDS})
    WHERE "billOn" = (
      SELECT "billOn" FROM bill_day
      WHERE status IN ('DUE', 'MISSING') AND "nextTryAt" <= ${DUE_BY} AND coalesce("claimedUntil", now()) <= now()
      ORDER BY "billOn" LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING to_char("billOn", 'YYYY-MM-DD') AS "billOn", "claimedBy", "tradeSha1", "rowsDone"`
  return claimed ?? null
}

/**
 * Begins a trade bill at its first line: what was stored of another is forgotten.
 *
 * @throws {DayTakenError} when another worker has the day.
 */
export async function beginDay(db: Database, day: ClaimedDay, tradeSha1: string): Promise<void> {
  await changeClaimed(
    db,
    day,
    Prisma.sql`"tradeSha1" = ${tradeSha1}, "rowsDone" = 0, "flowSha1" = NULL, "movementsDone" = 0`,
  )
  let deleted: number
  do {
    deleted = await countChanged(
      db,
      Prisma.sql`
      WITH claim AS (${claim(day)})
      DELETE FROM bill_row WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM bill_row WHERE "billOn" = ${day.billOn}::date AND EXISTS (SELECT 1 FROM claim)
        ORDER BY "billOn", kind, number LIMIT ${FORGET_AT_ONCE}::int))`,
    )
  } while (deleted > 0)
}

/**
 * Stores how many lines of the trade bill are compared, and renews the claim on the day.
 *
 * @throws {DayTakenError} when another worker has it.
 */
export async function keepDay(db: Database, day: ClaimedDay, rowsDone: number): Promise<void> {
  await changeClaimed(db, day, Prisma.sql`"rowsDone" = ${rowsDone}::int`)
}

/** Renews the claim on a day, unless that was done within the last seconds. */
export function createCheckpoint({ db }: Deps, day: ClaimedDay, stopping: AbortSignal): Checkpoint {
  let renewedAt = performance.now()
  return async () => {
    stopping.throwIfAborted()
    if (performance.now() - renewedAt < RENEW_EVERY_MS) return
    await changeClaimed(db, day)
    renewedAt = performance.now()
  }
}

/** Has the next run begin the trade bill at its first line. @throws {DayTakenError} when another worker has the day. */
export async function startOver(db: Database, day: ClaimedDay): Promise<void> {
  await changeClaimed(db, day, Prisma.sql`"rowsDone" = 0`)
}

/**
 * SQL: renews the claim on a day, as a CTE of a statement that changes something only where this has a row: a worker that
 * was frozen, while another went on with its day, changes nothing more.
 *
 * @param changes of the day's row, after SET.
 * @param where further conditions, each after AND.
 */
export function claim(
  { billOn, claimedBy }: ClaimedDay,
  { changes = [], where = Prisma.empty }: { changes?: Prisma.Sql[]; where?: Prisma.Sql } = {},
): Prisma.Sql {
  const renewed = Prisma.sql`"claimedUntil" = now() + make_interval(secs => ${CLAIM_SECONDS}::int)`
  return Prisma.sql`
    UPDATE bill_day SET ${Prisma.join([renewed, ...changes])}
    WHERE "billOn" = ${billOn}::date AND "claimedBy" = ${claimedBy} ${where} RETURNING 1`
}

async function changeClaimed(db: Database, day: ClaimedDay, ...changes: Prisma.Sql[]): Promise<void> {
  if ((await countChanged(db, claim(day, { changes }))) === 0) throw new DayTakenError(day)
}

/** How a worker leaves a day: ended, or to be tried again later. */
export type DayEnd = { status: 'DONE' | 'EMPTY' } | { status: 'DUE' | 'MISSING'; note: string; againInSeconds: number }

/** Leaves a day, unless another worker has it by now. */
export async function leaveDay(db: Database, { billOn, claimedBy }: ClaimedDay, end: DayEnd): Promise<void> {
  const { note, againInSeconds } = 'note' in end ? end : { note: null, againInSeconds: 0 }
  const isDone = !('note' in end)
  await db.$executeRaw`
    UPDATE bill_day SET status = ${end.status}::"BillStatus", note = ${note}, "claimedBy" = NULL, "claimedUntil" = NULL,
      "nextTryAt" = now() + make_interval(secs => ${againInSeconds}),
      "doneAt" = CASE WHEN ${isDone} THEN now() END
    WHERE "billOn" = ${billOn}::date AND "claimedBy" = ${claimedBy}`
}

/**
 * Has a day compared again, from its first line, by the next worker that looks; one that compares it now stops.
 *
 * @throws {InvalidInputError} when WeChat can't have its bill.
 */
export async function repeatDay(tx: Tx, day: Date): Promise<void> {
  const now = await databaseNow(tx)
  const age = now.getTime() - startOfShanghaiDay(day).getTime()
  if (age < READY_AFTER_MS || age > (KEPT_DAYS + 2) * DAY_MS) {
    throw new InvalidInputError([{ path: formatDay(day), text: billTexts.noBillOfDay }])
  }
  await tx.$executeRaw`
    INSERT INTO bill_day ("billOn") VALUES (${formatDay(day)}::date)
    ON CONFLICT ("billOn") DO UPDATE SET status = 'DUE', "tradeSha1" = NULL, "rowsDone" = 0, "nextTryAt" = now(), "doneAt" = NULL,
      "claimedBy" = NULL, "claimedUntil" = NULL, "createdAt" = now()`
}
