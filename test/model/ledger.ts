import type { RefundEnd } from '@looklook-pay/sandbox'
import type { Who } from './steps.ts'
import type { Lane, Life } from './system.ts'

/** The attempts of this life that WeChat knows, oldest first; those of one of the two. */
export async function attemptsOf({ sql }: Lane, { orders }: Life, whose?: Who): Promise<string[]> {
  const sns = whose ? [orders[whose]] : Object.values(orders)
  const { rows } = await sql.query<{ sn: string }>(
    `SELECT sn FROM payment WHERE "orderSn" = ANY($1) ORDER BY "createdAt"`,
    [sns],
  )
  return rows.map(({ sn }) => sn)
}

export async function isOnAPhone({ sql }: Lane, sn: string): Promise<boolean> {
  const { rowCount } = await sql.query(`SELECT 1 FROM payment WHERE sn = $1 AND "prepayId" IS NOT NULL`, [sn])
  return rowCount === 1
}

function refundsOf({ app }: Lane, attempts: string[]) {
  const { orders, refunds } = app.sandbox.ledger
  const numbers = attempts.flatMap((sn) => orders.get(sn)?.outRefundNos ?? [])
  return numbers.flatMap((number) => refunds.get(number) ?? [])
}

/** What WeChat would still give back. */
export function leftFen(lane: Lane, outTradeNo: string): number {
  const live = refundsOf(lane, [outTradeNo]).filter(({ status }) => status !== 'CLOSED')
  const totalFen = lane.app.sandbox.ledger.orders.get(outTradeNo)?.totalFen ?? 0
  return totalFen - live.reduce((sum, { refundFen }) => sum + refundFen, 0)
}

/** Ends what WeChat has under way. */
export function endRefunds(lane: Lane, attempts: string[], end: RefundEnd): void {
  for (const { outRefundNo, status } of refundsOf(lane, attempts)) {
    if (status === 'PROCESSING') lane.app.sandbox.endRefund(outRefundNo, end)
  }
}

export function endedRefunds(lane: Lane, attempts: string[]): string[] {
  return refundsOf(lane, attempts).flatMap(({ outRefundNo, status }) => (status === 'PROCESSING' ? [] : [outRefundNo]))
}

/** True for a refund that was made on the merchant platform, and not asked for by us. */
export function isManual({ app }: Lane, outRefundNo: string): boolean {
  return app.sandbox.ledger.refunds.get(outRefundNo)?.firstRequest === undefined
}
