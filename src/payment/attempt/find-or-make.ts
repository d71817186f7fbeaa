import { type Payment, Prisma } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import { NotFoundError, WechatUnavailableError } from '../../errors.ts'
import { createSn } from '../../infra/numbers.ts'
import { countChanged, queryRows } from '../../infra/statement.ts'
import { UNFLUSHED } from '../../infra/unflushed.ts'
import { buildPrepayBody } from '../../wechat/prepay-body.ts'
import { OrderAlreadyPaidError, OrderNotPayableError } from '../errors.ts'
import { asLocked, type LockedOrder, type Offer, ORDER_COLUMNS, type OrderColumns, payableOf } from '../payable.ts'
import { type Attempts, sortAttempts } from './find.ts'

/**
 * Finding the live attempt of an order, or making it, in two statements and without a transaction: the first looks, once
 * whoever has the order locked is done; the second makes the attempt only if, with the order locked, what the first saw
 * still holds. Otherwise it is looked at again.
 */

/** What was seen changes between looking and making when others tap, pay or cancel in that very moment. */
const LOOKS = 3

const TOO_LATE = 'The time to pay this order is over. Cancel it, or wait a minute; then make a new order.'

export interface WxPayInput {
  orderSn: string
  serviceType: string
  userId: string
}

/** What opening needs of a live attempt. */
export type Attempt = Pick<Payment, 'sn' | 'mchid' | 'appid' | 'prepayBody' | 'prepayId' | 'prepayIdAt'>

type FoundAttempt = Attempt & Pick<Payment, 'closedAt' | 'paidAt' | 'underReviewAt'>

interface Look {
  order: LockedOrder
  attempts: Attempts<FoundAttempt>
  /** Of the order's guest under our app id. */
  openid: string | null
}

/**
 * The order's live attempt, which may have a `prepayId`; a new one when it has none. Of calls at once, all get the same.
 *
 * @throws {NotFoundError} when the order doesn't exist or is somebody else's.
 * @throws {OrderNotPayableError} when it doesn't wait for payment, or its deadline is over.
 * @throws {OrderAlreadyPaidError} when the money was collected, or is under review.
 * @throws {WechatUnavailableError} when others change the order again and again.
 */
export async function findOrMakeAttempt(deps: Deps, input: WxPayInput): Promise<Attempt> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const look = await lookAt(deps, input)
    if (!look || look.order.userId !== input.userId) throw new NotFoundError('order')
    const offer = judge(look)
    const attempt = look.attempts.live ?? (await makeAttempt(deps, input, offer, look.openid))
    if (attempt) return attempt
  }
  throw new WechatUnavailableError()
}

/**
 * Reads the order, once nobody has it locked, and the attempts that are committed by then. Null when there is no such
 * order.
 */
async function lookAt(deps: Deps, { serviceType, orderSn }: WxPayInput): Promise<Look | null> {
  const { appid } = deps.config.wechat.pay
  // The attempts are read for a row of the locked order, so never before the lock.
  const rows = await queryRows<OrderColumns & FoundAttempt & { payerOpenid: string | null }>(
    deps.db,
    Prisma.sql`
    WITH o AS MATERIALIZED (${payableOf(deps, serviceType).lockQuery(orderSn)})
    SELECT ${ORDER_COLUMNS}, i.openid AS "payerOpenid", a.sn, a.mchid, a.appid, a."prepayBody", a."prepayId", a."prepayIdAt", a."closedAt", a."paidAt", a."underReviewAt"
    FROM o LEFT JOIN LATERAL payment_attempts_of(${serviceType}, o."orderSn") a ON true
    LEFT JOIN wechat_identity i ON i."userId" = o."userId" AND i.appid = ${appid}
    CROSS JOIN ${UNFLUSHED}`,
  )
  const [first] = rows
  if (!first) return null
  // An order without attempts is one row too.
  const attempts = sortAttempts(rows.filter(({ sn }) => sn !== null))
  return { order: asLocked(first), attempts, openid: first.payerOpenid }
}

/** What the guest is to pay. @throws when the order can't be paid, or not any more. */
function judge({ order, attempts: { live, withMoney, underReview } }: Look): Offer {
  const isTaken = withMoney && (withMoney === live || order.waitsForPayment)
  const paidSn = isTaken ? withMoney.sn : (order.paidBySn ?? (underReview ? withMoney?.sn : undefined))
  if (paidSn !== undefined) throw new OrderAlreadyPaidError(paidSn, { underReview })
  if (!order.offer) throw new OrderNotPayableError(order.tradeState, order.waitsForPayment ? TOO_LATE : undefined)
  return order.offer
}

/** Null when the offer doesn't stand any more, or the order has an attempt meanwhile. */
async function makeAttempt(
  deps: Deps,
  { orderSn, serviceType, userId }: WxPayInput,
  { totalFen, payBefore, description }: Offer,
  openid: string | null,
): Promise<Attempt | null> {
  if (openid === null) throw new NotFoundError('order')
  const { mchid, appid, notifyUrl } = deps.config.wechat.pay
  const sn = createSn('PA')
  const order = { description, outTradeNo: sn, timeExpire: payBefore, totalFen }
  const prepayBody = buildPrepayBody({ appid, mchid, notifyUrl, openid, ...order })
  const recheckAfterSeconds = deps.config.payment.recheckSeconds[0] ?? 5
  const made = await countChanged(
    deps.db,
    Prisma.sql`
    WITH o AS MATERIALIZED (${payableOf(deps, serviceType).lockQuery(orderSn)}),
    made AS (
      INSERT INTO payment (sn, mchid, appid, openid, "notifyUrl", "prepayBody", "serviceType", "orderSn", "userId",
        "payTotal", "nextRecheckAt")
      SELECT ${sn}, ${mchid}, ${appid}, ${openid}, ${notifyUrl}, ${prepayBody}, ${serviceType}, o."orderSn", o."userId",
        o."totalFen", clock_timestamp() + make_interval(secs => ${recheckAfterSeconds})
      FROM o
      WHERE o."userId" = ${userId} AND o."totalFen" = ${totalFen} AND o."payBefore" = ${payBefore}
        AND o."waitsForPayment" AND clock_timestamp() < o."payBefore"
        AND NOT EXISTS (SELECT 1 FROM payment_attempts_of(${serviceType}, o."orderSn"))
      ON CONFLICT ("serviceType", "orderSn") WHERE "closedAt" IS NULL DO NOTHING
      RETURNING sn, "orderSn"
    )
    INSERT INTO payment_event ("paymentSn", version, "toStatus", source, detail)
    SELECT sn, 1, 'PENDING'::"PayStatus", 'WX_PAY'::"EventSource", jsonb_build_object('orderSn', "orderSn") FROM made`,
  )
  return made === 1 ? { sn, mchid, appid, prepayBody, prepayId: null, prepayIdAt: null } : null
}
