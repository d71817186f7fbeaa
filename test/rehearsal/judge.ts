import type { BookedOrder, Evidence } from './evidence.ts'
import type { Purchase } from './guest.ts'
import type { Sent } from './watched-sockets.ts'

/** With these a socket may end: its server goes away; or its client needs it no more, or hears nothing of it for 5 s. */
const PEACEFUL_CODES = [1001, 1000, 4499, 4504]

/** What was lost, doubled or cut off, a sentence each. */
export function judge(evidence: Evidence): string[] {
  const { purchases, failures, orders, sent } = evidence
  const orderOf = new Map(orders.map((order) => [order.orderSn, order]))
  return [
    ...failures.map((failure) => `a purchase failed: ${failure}`),
    ...orders.flatMap((order) => judgeOrder(order, evidence)),
    ...purchases.flatMap((purchase) => judgePurchase(purchase, orderOf.get(purchase.orderSn), evidence)),
    ...judgeStreams(sent),
    ...[...evidence.ended]
      .filter(([code]) => !PEACEFUL_CODES.includes(code))
      .map(([code, count]) => `${count} sockets ended with ${code}, and not with 1001`),
  ]
}

/** Each is paid once: by one attempt, which became SUCCESS once, with the transaction that WeChat knows. */
function judgeOrder(order: BookedOrder, { charged }: Evidence): string[] {
  const { orderSn, tradeState, attempts, paymentSn, transactionId, trail } = order
  const statuses = (trail ?? []).map(({ status }) => status).join(', ')
  const isPaidOnce =
    tradeState === 'WAIT_USE' &&
    attempts === 1 &&
    statuses === 'PENDING, SUCCESS' &&
    transactionId !== null &&
    charged.get(paymentSn ?? '') === transactionId
  if (isPaidOnce) return []
  const facts = `${attempts} attempts, of which ${paymentSn} went through ${statuses || 'nothing'} by ${transactionId}`
  return [`${orderSn} is ${tradeState} with ${facts}; WeChat knows ${charged.get(paymentSn ?? '')}`]
}

/** Its subscriber saw the whole trail, and its guest got one message. */
function judgePurchase(
  { openid, paymentSn, seen }: Purchase,
  order: BookedOrder | undefined,
  evidence: Evidence,
): string[] {
  const told = evidence.told.get(openid) ?? 0
  const trail = order?.trail ?? []
  const isWhole =
    seen.length === trail.length &&
    trail.every(({ version, status }, nth) => seen[nth]?.version === version && seen[nth]?.status === status)
  return [
    ...(isWhole ? [] : [`the subscriber of ${paymentSn} saw ${show(seen)} of ${show(trail)}`]),
    ...(told === 1 ? [] : [`${openid} got ${told} messages that the order is paid`]),
  ]
}

/** A new socket begins with what is newest, and goes on from there; nothing comes twice on one. */
function judgeStreams(sent: Sent[]): string[] {
  const newest = new Map<string, Sent>()
  return sent.flatMap((state) => {
    const { paymentSn, socket, version } = state
    const before = newest.get(paymentSn)
    newest.set(paymentSn, state)
    if (!before || version > before.version || (version === before.version && socket !== before.socket)) return []
    return [`${paymentSn} was sent in version ${version} after version ${before.version}`]
  })
}

function show(states: { version: number; status: string }[]): string {
  return states.map(({ version, status }) => `${version} ${status}`).join(', ') || 'nothing'
}
