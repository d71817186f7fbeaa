import type { Sandbox } from '@looklook-pay/sandbox'
import { queryOnce } from '../faults/servers.ts'
import { until } from '../harness/until.ts'
import type { Town } from './guest.ts'
import type { Load } from './load.ts'
import type { Sent } from './watched-sockets.ts'

/** What is in our books about an order: of one without a payment, the order alone. */
export interface BookedOrder {
  orderSn: string
  tradeState: string
  /** How many there were to pay it. */
  attempts: number
  paymentSn: string | null
  transactionId: string | null
  /** Every version of the payment, in their order. */
  trail: { version: number; status: string }[] | null
}

/** All that is known of a rehearsal's purchases. */
export interface Evidence extends Pick<Load, 'purchases' | 'failures'> {
  orders: BookedOrder[]
  /** By the payment's number, the transaction by which WeChat has taken the money. */
  charged: Map<string, string>
  /** By openid, how many messages say that an order is paid. */
  told: Map<string, number>
  sent: Sent[]
  /** How many sockets ended with each code. */
  ended: Map<number, number>
}

const BOOKS = `
  SELECT o.sn AS "orderSn", o."tradeState", p.sn AS "paymentSn", p."transactionId",
    (SELECT count(*)::int FROM payment a WHERE a."orderSn" = o.sn) AS attempts,
    (SELECT json_agg(json_build_object('version', e.version, 'status', e."toStatus") ORDER BY e.version)
       FROM payment_event e WHERE e."paymentSn" = p.sn) AS trail
  FROM homestay_order o LEFT JOIN payment p ON p."orderSn" = o.sn`

/** Collects it, once every guest has got the message, which follows the entry code. */
export async function collect({ sandbox, sockets, signal }: Town, load: Load, databaseUrl: string): Promise<Evidence> {
  const { purchases, failures } = load
  const areTold = () => purchases.every(({ openid }) => countTold(sandbox, openid) > 0) || undefined
  await until('every guest has the message that the order is paid', areTold, { signal })
  const orders = await queryOnce<BookedOrder>(databaseUrl, BOOKS)
  const paid = [...sandbox.ledger.orders.values()].flatMap(({ outTradeNo, payment }) =>
    payment ? [[outTradeNo, payment.transactionId] as const] : [],
  )
  return {
    purchases,
    failures,
    orders,
    charged: new Map(paid),
    told: new Map(purchases.map(({ openid }) => [openid, countTold(sandbox, openid)])),
    sent: sockets.sent,
    ended: sockets.ended,
  }
}

function countTold({ messages, credentials }: Sandbox, openid: string): number {
  return messages(openid).filter(({ templateId }) => templateId === credentials.templates.orderPaid).length
}
