import type { Sandbox } from '@looklook-pay/sandbox'
import { expect } from './app.ts'
import { confirm, type Purchase, purchase, whenOrderIs } from './deployment.ts'
import type { Operated } from './operated.ts'
import { sendOperation, UNHURRIED } from './processes.ts'

const HOMESTAY = 'demo-homestay-01'

type OrderAtWechat = NonNullable<ReturnType<Sandbox['ledger']['orders']['get']>>

let nights = 10

/** A guest who has booked a night that nobody else wants, and tapped "pay". */
export function givenTapped({ url }: Operated): Promise<Purchase> {
  nights += 1
  return purchase(url, `o_guest_${nights}`, HOMESTAY, nights)
}

/** A guest who has paid, and whose order knows it. */
export async function givenPaid(operated: Operated): Promise<Purchase> {
  const guest = await givenTapped(operated)
  await confirm(operated.sandbox, guest)
  await whenOrderIs('WAIT_USE', operated.url, guest)
  return guest
}

/** Reads the payment as its guest does, which queries WeChat about a pending one. */
export async function readPayment({ url }: Operated, { params, accessToken }: Purchase) {
  const query = 'query ($sn: ID!) { paymentStatus(sn: $sn) { status refundedTotal } }'
  type Answer = { paymentStatus: { status: string; refundedTotal: number } }
  return (await sendOperation<Answer>(url, query, { sn: params.paymentSn }, accessToken)).paymentStatus
}

/** The guest wants the money back. @returns the refund's number. */
export async function refundAsGuest(
  { url, sql }: Operated,
  { params, orderSn, accessToken }: Purchase,
): Promise<string> {
  const mutation = `mutation ($sn: ID!) {
    refundHomestayOrder(input: { sn: $sn }) { ... on HomestayOrder { sn } ... on Error { code message } }
  }`
  await sendOperation(url, mutation, { sn: orderSn }, accessToken)
  const statement = `SELECT "outRefundNo" FROM refund WHERE "paymentSn" = $1`
  const [refund] = await sql<{ outRefundNo: string }>(statement, [params.paymentSn])
  if (!refund) throw new Error(`order ${orderSn} has no refund`)
  return refund.outRefundNo
}

/** What the merchant platform shows of a payment, which is what WeChat has of it. */
export function atWechat({ sandbox }: Operated, { params }: Purchase): OrderAtWechat {
  const order = sandbox.ledger.orders.get(params.paymentSn)
  if (!order) throw new Error(`WeChat doesn’t know ${params.paymentSn}`)
  return order
}

/** WeChat's number of what the guest has paid. */
export function transactionOf(operated: Operated, guest: Purchase): string {
  const { payment } = atWechat(operated, guest)
  if (!payment) throw new Error(`${guest.params.paymentSn} is not paid at WeChat`)
  return payment.transactionId
}

/** From now on WeChat says something else about it. */
export function changeAtWechat(operated: Operated, guest: Purchase, changes: Partial<OrderAtWechat>): void {
  operated.sandbox.ledger.commit(['orders', { ...atWechat(operated, guest), ...changes }])
}

/** A hand on the merchant platform gives the money back, and no notice of it arrives. @returns the refund's number. */
export async function refundOnPlatform(
  { sandbox }: Operated,
  { params }: Purchase,
  refundFen?: number,
): Promise<string> {
  const outTradeNo = params.paymentSn
  sandbox.faults.add({ endpoint: 'refund-notice', kind: 'lost', match: outTradeNo })
  const { outRefundNo } = sandbox.refundManually({ outTradeNo, ...(refundFen === undefined ? {} : { refundFen }) })
  await expect.poll(() => sandbox.ledger.refunds.get(outRefundNo)?.status, UNHURRIED).toBe('SUCCESS')
  return outRefundNo
}
