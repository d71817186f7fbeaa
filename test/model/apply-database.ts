import { Pool, type PoolClient } from 'pg'
import { createSn } from '../../src/infra/numbers.ts'
import { LIVE_REFUNDS, statusOf } from '../../src/payment/state.ts'
import { newTransactionId } from '../harness/reports.ts'
import { anOrder, aPayment, aRefund, newCode, paidFacts, type Row } from '../harness/sql.ts'
import { type AttemptState, type OrderState, PRICE_FEN } from './apply-states.ts'

/** Long before anything that a run writes. */
const EARLIER = new Date('2026-01-02T03:04:05.678Z')

/** The rows of some orders, table by table in the order in which they go in, and their payments by number. */
export interface Rows {
  tables: [table: string, rows: Row[]][]
  orderSns: string[]
  /** Of each order, oldest first. */
  paymentSns: string[][]
}

/** Rows for these orders, each with a guest and a homestay of its own. */
export function rowsFor(states: OrderState[]): Rows {
  const orders = states.map(orderRows)
  const collect = (table: string): [string, Row[]] => [table, orders.flatMap((rows) => rows.of[table] ?? [])]
  const tables = ['user', 'homestay_business', 'homestay', 'payment', 'refund', 'payment_mismatch', 'message']
  return {
    tables: [...tables, 'homestay_order'].map(collect),
    orderSns: orders.map(({ orderSn }) => orderSn),
    paymentSns: orders.map(({ paymentSns }) => paymentSns),
  }
}

function orderRows({ tradeState, paidBy, attempts }: OrderState) {
  const id = createSn('HO')
  const stay = { userId: id, homestayId: id }
  const text = { title: '小院', subTitle: '', cover: '', info: '', foodInfo: '' }
  const prices = { pricedBy: 'NIGHT', homestayPrice: PRICE_FEN, marketHomestayPrice: 0, foodPrice: 0, peopleNum: 2 }
  const order = anOrder(stay, { tradeState, nextCloseAt: paidBy === null ? EARLIER : null, createdAt: EARLIER })
  const rows = attempts.map((attempt, index) => attemptRows(stay, order.sn, attempt, index))
  const payer = paidBy === null ? undefined : rows[paidBy]?.payment.sn
  const paid = payer ? { paidBySn: payer, tradeCode: newCode(), usedAt: tradeState === 'USED' ? EARLIER : null } : {}
  const of: Record<string, Row[]> = {
    user: [{ id, nickname: '房东与客人' }],
    homestay_business: [{ id, name: '山居', info: '', hostUserId: id }],
    homestay: [{ id, businessId: id, ...text, ...prices }],
    payment: rows.map(({ payment }) => payment),
    refund: rows.flatMap(({ refunds }) => refunds),
    payment_mismatch: rows.flatMap(({ mismatches }) => mismatches),
    message: rows.flatMap(({ messages }) => messages),
    homestay_order: [{ ...order, ...paid }],
  }
  return { of, orderSn: order.sn, paymentSns: rows.map(({ payment }) => payment.sn) }
}

function attemptRows(stay: { userId: string }, orderSn: string, state: AttemptState, index: number) {
  const { refunds, isPaid, isClosed, version } = state
  const refundedTotal = sumOf(refunds.filter(({ status }) => status === 'SUCCESS'))
  const facts = { paidTotal: isPaid ? PRICE_FEN : null, closedAt: isClosed ? EARLIER : null, refundedTotal }
  const liveRefunds = refunds.filter(({ status }) => LIVE_REFUNDS.includes(status)).length
  const payment = aPayment(stay, orderSn, {
    ...(isPaid ? paidFacts({ transactionId: newTransactionId(), paidAt: EARLIER }) : {}),
    ...facts,
    status: statusOf({ ...facts, liveRefunds }),
    underReviewAt: state.isUnderReview ? EARLIER : null,
    heldAt: state.isOnHold ? EARLIER : null,
    version,
    queuedVersion: version,
    queuedAt: EARLIER,
    appliedVersion: version - state.behind,
    nextRecheckAt: isPaid || isClosed ? null : EARLIER,
    createdAt: new Date(EARLIER.getTime() + index),
  })
  const { appid, openid } = payment
  const message = { paymentSn: payment.sn, orderSn, appid, openid, createdAt: EARLIER, nextTryAt: EARLIER }
  return {
    payment,
    refunds: refunds.map((refund, nth) => {
      const hasEnded = refund.status === 'SUCCESS' || refund.status === 'CLOSED'
      const times = { createdAt: EARLIER, endedAt: hasEnded ? EARLIER : null }
      return aRefund(payment.sn, { ...refund, ...times, attempt: nth + 1 })
    }),
    mismatches: state.mismatches.map((mismatch) => mismatchRow(payment, mismatch)),
    messages: state.messages.map((kind) => ({ ...message, kind, id: `${kind} before of ${payment.sn}` })),
  }
}

function mismatchRow(payment: Row & { sn: string }, { subject, resolution }: AttemptState['mismatches'][number]): Row {
  const number = subject === 'REFUND' ? newTransactionId() : payment.sn
  const transactionId = payment['transactionId'] ?? newTransactionId()
  // What WeChat says about a manual refund of a part.
  const content = {
    refund_id: number,
    out_refund_no: number,
    transaction_id: transactionId,
    out_trade_no: payment.sn,
    status: 'SUCCESS',
    success_time: EARLIER.toISOString(),
    amount: { total: PRICE_FEN, refund: 300, payer_total: PRICE_FEN, payer_refund: 300 },
  }
  const kind = subject === 'REFUND' ? 'SUCCESS' : `AMOUNT ${newTransactionId()}`
  const times = { createdAt: EARLIER, resolvedAt: resolution === null ? null : EARLIER }
  const row = {
    id: newTransactionId(),
    paymentSn: payment.sn,
    subject,
    number,
    transactionId,
    kind,
    resolution,
    ...times,
  }
  return { ...row, source: 'NOTICE', content: JSON.stringify(content) }
}

function sumOf(refunds: { refundTotal: number }[]): number {
  return refunds.reduce((sum, { refundTotal }) => sum + refundTotal, 0)
}

/** Inserts the rows in one transaction, past no constraint and no trigger. */
export async function insertRows(pool: Pool, { tables }: Rows): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    for (const [table, rows] of tables) for (const row of rows) await insertRow(client, table, row)
    await client.query('COMMIT')
  } finally {
    client.release()
  }
}

async function insertRow(client: PoolClient, table: string, row: Row): Promise<void> {
  const columns = Object.keys(row).map((column) => `"${column}"`)
  const places = columns.map((_, index) => `$${index + 1}`)
  await client.query(`INSERT INTO "${table}" (${columns.join(', ')}) VALUES (${places.join(', ')})`, Object.values(row))
}

/**
 * Every row about these orders as text, sorted. What is new in each database stands for itself: instants, numbers of
 * refunds, ids of messages, entry codes.
 */
export async function describeRows(pool: Pool, rows: Rows): Promise<string[]> {
  const { rows: found } = await pool.query<{ row: string; messageId: string | null; message: string }>(ALL_ROWS, [
    rows.orderSns,
    rows.paymentSns.flat(),
  ])
  const before = new Set(rows.tables.flatMap(([, each]) => each.flatMap((row) => Object.values(row).map(String))))
  const messages = new Map(
    found.flatMap(({ messageId, message }) => (messageId ? [[messageId, message] as const] : [])),
  )
  const describe = (row: string) =>
    row
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+(?:\+00:00|Z)/g, (text) =>
        new Date(text) > EARLIER_AND_A_DAY ? 'later' : text,
      )
      .replaceAll(/\bRE\d{8}\w{18}\b/g, (text) => (before.has(text) ? text : 'a new refund'))
      .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, (text) => messages.get(text) ?? 'an id')
      .replaceAll(/"tradeCode": "(\w{8})"/g, (text, code: string) => (before.has(code) ? text : '"tradeCode": "new"'))
  return found.map(({ row }) => describe(row)).toSorted()
}

const EARLIER_AND_A_DAY = new Date(EARLIER.getTime() + 86_400_000)

const ALL_ROWS = `
  WITH found AS (
    SELECT 'order' AS what, to_jsonb(o) AS row FROM homestay_order o WHERE sn = ANY($1)
    UNION ALL SELECT 'payment', to_jsonb(p) FROM payment p WHERE sn = ANY($2)
    UNION ALL SELECT 'event', to_jsonb(e) FROM payment_event e WHERE "paymentSn" = ANY($2)
    UNION ALL SELECT 'refund', to_jsonb(r) FROM refund r WHERE "paymentSn" = ANY($2)
    UNION ALL SELECT 'mismatch', to_jsonb(m) FROM payment_mismatch m WHERE "paymentSn" = ANY($2)
    UNION ALL SELECT 'message', to_jsonb(m) FROM message m WHERE "paymentSn" = ANY($2)
  )
  SELECT what || ' ' || row::text AS row, CASE WHEN what = 'message' THEN row->>'id' END AS "messageId",
    concat_ws(' ', row->>'kind', 'of', row->>'paymentSn') AS message FROM found`
