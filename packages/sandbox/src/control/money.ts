import { z } from 'zod'
import { fen, openid } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Route } from '../http/route.ts'
import { sendNotice } from '../notice/resend.ts'
import { payByNumber } from '../pay/payment.ts'
import { endRefund, refundManually, retryRefund } from '../refund/lifecycle.ts'
import { ability } from './ability.ts'

const refundEnd = z.enum(['SUCCESS', 'ABNORMAL', 'CLOSED'])

/** What happens to money without a call of the merchant's. */
export const moneyRoutes: Route[] = [
  ability({
    method: 'POST',
    path: '/sandbox/late-payment',
    does: 'pays as a bank that is late does: whether or not the order was closed or has expired',
    input: z.strictObject({
      outTradeNo: z.string(),
      openid: openid.optional(),
      coupon: z.int().min(0).optional(),
      couponType: z.enum(['CASH', 'NOCASH']).optional(),
    }),
    handle: (world, { outTradeNo, coupon, ...paying }) =>
      payByNumber(world, outTradeNo, { ...paying, couponFen: coupon }),
  }),
  ability({
    method: 'POST',
    path: '/sandbox/manual-refund',
    does: 'refunds as an operator does on the merchant platform: all that is left, unless refundFen says less',
    input: z.strictObject({ outTradeNo: z.string(), refundFen: fen.optional(), end: refundEnd.optional() }),
    handle: refundManually,
  }),
  ability({
    method: 'POST',
    path: '/sandbox/end-refund',
    does: 'ends a refund now, and sends its notice',
    input: z.strictObject({ outRefundNo: z.string(), end: refundEnd }),
    handle: (world, { outRefundNo, end }) => endRefund(world, outRefundNo, end),
  }),
  ability({
    method: 'POST',
    path: '/sandbox/retry-refund',
    does: 'sends the money of an ABNORMAL refund to another account, as an operator does on the merchant platform',
    input: z.strictObject({ outRefundNo: z.string(), end: refundEnd.optional() }),
    handle(world, { outRefundNo, end = 'SUCCESS' }) {
      const refund = world.ledger.refunds.get(outRefundNo)
      if (!refund) throw new PayError('RESOURCE_NOT_EXISTS', `No refund has the number ${outRefundNo}`)
      return retryRefund(world, refund, end)
    },
  }),
  ability({
    method: 'POST',
    path: '/sandbox/notices',
    does: 'sends the newest notice about a number again: of a payment, a refund or a complaint; in copies, or changed',
    input: z.strictObject({
      number: z.string(),
      copies: z.int().min(1).max(1000).optional(),
      newId: z.boolean().optional(),
      content: z.record(z.string(), z.unknown()).optional(),
    }),
    handle: async (world, { number, ...changes }) => ({ statuses: await sendNotice(world, number, changes) }),
  }),
]
