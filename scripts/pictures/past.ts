import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'

/** How many guests pay within an hour, by the hour in China. */
const BY_HOUR = [2, 1, 0, 0, 0, 1, 2, 4, 6, 9, 11, 12, 10, 8, 7, 8, 9, 10, 13, 16, 18, 15, 9, 5]

/** A number from 0 to 1 that follows from a text: pictures made again show the same. */
const chance = (text: string) => `((hashtext(${text})::bigint & 65535) / 65535.0)`

/**
 * The trail of thirty days, up to the hour before this one: each guest taps, and most of them pay. It is of no payment, which
 * the board doesn't mind.
 */
const TRAIL = `
  WITH hour AS (
    SELECT hour, ('{${BY_HOUR.join(',')}}'::int[])[1 + extract(hour FROM hour AT TIME ZONE 'Asia/Shanghai')::int] AS guests,
      CASE WHEN extract(isodow FROM hour AT TIME ZONE 'Asia/Shanghai') > 5 THEN 1.5 ELSE 1 END AS rush
    FROM generate_series(date_trunc('hour', now()) - interval '30 days', date_trunc('hour', now()) - interval '1 hour', '1 hour') hour
  ), guest AS (
    SELECT 'PAST' || to_char(hour, 'YYYYMMDDHH24') || n AS sn, hour + n * interval '3 minutes' AS at
    FROM hour, generate_series(1, (guests * rush * (0.6 + 0.8 * ${chance(`hour::text`)}))::int) n
  )
  INSERT INTO payment_event ("paymentSn", version, at, "fromStatus", "toStatus", source, "paidTotal")
  SELECT sn, 1, at, NULL::"PayStatus", 'PENDING'::"PayStatus", 'WX_PAY'::"EventSource", NULL::int FROM guest
  UNION ALL
  SELECT sn, 2, at + interval '9 s', 'PENDING', 'SUCCESS', 'NOTICE', 100 * (180 + (900 * ${chance('sn')})::int)
  FROM guest WHERE ${chance(`sn || 'pays'`)} < 0.94`

/** The days of this month that are over: compared with WeChat’s bills, each with nothing to decide but one. */
const BILLS = `
  WITH day AS (
    SELECT day::date, (20 + 60 * ${chance('day::text')})::int AS lines
    FROM generate_series(date_trunc('month', now() AT TIME ZONE 'Asia/Shanghai'),
      now() AT TIME ZONE 'Asia/Shanghai' - interval '1 day', '1 day') day
  ), listed AS (
    INSERT INTO bill_day ("billOn", status, "rowsDone", "movementsDone", "doneAt")
    SELECT day, 'DONE', lines, lines, day + interval '26 hours 3 minutes' FROM day RETURNING "billOn")
  INSERT INTO bill_difference ("billOn", kind, number, class, "outTradeNo", "atWechat", here, outcome)
  SELECT "billOn", 'PAYMENT', '4200002914202611090000000042', 'FEE', 'PA20261109M4Q7ZK9T1XW83CBN5D', '+508.94', '+509.94000', 'DECIDE'
  FROM listed ORDER BY "billOn" OFFSET 3 LIMIT 1`

/** Gives an `npm start` a past, before anybody looks at it. @param databaseUrl as a superuser. */
export async function insertPast(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query('BEGIN')
  // The trail's payments aren't there.
  await client.query('SET LOCAL session_replication_role = replica')
  await client.query(TRAIL)
  await client.query(`DELETE FROM bill_day`)
  await client.query(BILLS)
  await client.query('COMMIT')
  await client.end()
}

/**
 * Has today compared with WeChat's bill, which must have it already.
 *
 * @returns the day, once it is compared.
 * @throws when it isn't within `withinMs`.
 */
export async function billOfToday(databaseUrl: string, withinMs: number): Promise<string> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query<{ day: string }>(`
    INSERT INTO bill_day ("billOn") VALUES ((now() AT TIME ZONE 'Asia/Shanghai')::date)
    ON CONFLICT ("billOn") DO UPDATE SET status = 'DUE', "nextTryAt" = now() RETURNING "billOn"::text AS day`)
  const day = rows[0]?.day ?? ''
  const until = performance.now() + withinMs
  const isDone = async () =>
    (await client.query(`SELECT 1 FROM bill_day WHERE "billOn" = $1 AND status = 'DONE'`, [day])).rowCount === 1
  while (!(await isDone())) {
    if (performance.now() > until) throw new Error(`the bill of ${day} isn't compared`)
    await pause(500)
  }
  await client.end()
  return day
}
