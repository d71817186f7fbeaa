import type { RefundEnd } from '@looklook-pay/sandbox'
import type { Who } from './steps.ts'
import type { Life, System } from './system.ts'

/** The attempts of this life, oldest first; of one order with `whose`. */
export async function attemptsOf({ sql }: System, { orders }: Life, whose?: Who): Promise<string[]> {
  const sns = whose ? [orders[whose]] : Object.values(orders)
  const { rows } = await sql.query<{ sn: string }>(
    `SELECT sn FROM payment WHERE "orderSn" = ANY($1) ORDER BY "createdAt"`,
    [sns],
  )
  return rows.map(({ sn }) => sn)
}

/** True when WeChat answered its prepay, so that a phone may have got parameters. */
export async function hasPrepayId({ sql }: System, sn: string): Promise<boolean> {
  const { rowCount } = await sql.query(`SELECT 1 FROM payment WHERE sn = $1 AND "prepayId" IS NOT NULL`, [sn])
  return rowCount === 1
}

function refundsOf({ app }: System, attempts: string[]) {
  const { orders, refunds } = app.sandbox.ledger
  const numbers = attempts.flatMap((sn) => orders.get(sn)?.outRefundNos ?? [])
  return numbers.flatMap((number) => refunds.get(number) ?? [])
}

/** How much WeChat would still refund, in fen. */
export function refundableFen(system: System, outTradeNo: string): number {
  const live = refundsOf(system, [outTradeNo]).filter(({ status }) => status !== 'CLOSED')
  const totalFen = system.app.sandbox.ledger.orders.get(outTradeNo)?.totalFen ?? 0
  return totalFen - live.reduce((sum, { refundFen }) => sum + refundFen, 0)
}

/** Ends every refund that is PROCESSING at WeChat. */
export function endRefunds(system: System, attempts: string[], end: RefundEnd): void {
  for (const { outRefundNo, status } of refundsOf(system, attempts)) {
    if (status === 'PROCESSING') system.app.sandbox.endRefund(outRefundNo, end)
  }
}

export function endedRefunds(system: System, attempts: string[]): string[] {
  return refundsOf(system, attempts).flatMap(({ outRefundNo, status }) =>
    status === 'PROCESSING' ? [] : [outRefundNo],
  )
}

/** True for a refund that was made on the merchant platform. */
export function isManual({ app }: System, outRefundNo: string): boolean {
  return app.sandbox.ledger.refunds.get(outRefundNo)?.firstRequest === undefined
}
