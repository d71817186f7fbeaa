import { z } from 'zod'
import type { Fault } from '../control/fault.ts'
import { outRefundNo, parseJsonBody, parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Answer, Call, Route } from '../http/route.ts'
import { withAmountOf } from '../pay/wrong-amount.ts'
import type { World } from '../world.ts'
import { describeRefund } from './describe.ts'
import { endUnder, retryRefund } from './lifecycle.ts'
import { requestRefund } from './request.ts'

/** `POST /v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund`, as in wechatpay-java `RefundService`. */
const AbnormalRefund = z
  .strictObject({
    out_refund_no: outRefundNo,
    type: z.enum(['USER_BANK_CARD', 'MERCHANT_BANK_CARD']),
    bank_type: z.string().min(1).max(16).optional(),
    bank_account: z.string().min(1).max(1024).optional(),
    real_name: z.string().min(1).max(1024).optional(),
  })
  .refine((body) => body.type !== 'USER_BANK_CARD' || (body.bank_type && body.bank_account && body.real_name), {
    message: '退款到用户银行卡时bank_type、bank_account、real_name必填',
  })

function queryRefund(world: World, call: Call, [number]: string[], fault: Fault | undefined): Answer {
  parseParameters(z.strictObject({}), Object.fromEntries(call.query), 'query')
  const refund = world.ledger.refunds.get(parseParameters(outRefundNo, number, 'path'))
  if (!refund) throw new PayError('RESOURCE_NOT_EXISTS', '退款单不存在', undefined, 'No refund has this number')
  return { status: 200, json: withAmountOf(fault, describeRefund(world, refund)) }
}

function applyAbnormalRefund(world: World, call: Call, [refundId = '']: string[], fault: Fault | undefined): Answer {
  const request = parseParameters(AbnormalRefund, parseJsonBody(call.body), 'body')
  const refund = world.ledger.findRefundById(refundId)
  if (!refund) throw new PayError('RESOURCE_NOT_EXISTS', '退款单不存在', undefined, 'No refund has this number')
  if (refund.outRefundNo !== request.out_refund_no)
    throw new PayError(
      'INVALID_REQUEST',
      '商户退款单号与退款单不一致',
      undefined,
      'out_refund_no and refund_id must name the same refund',
    )
  return { status: 200, json: describeRefund(world, retryRefund(world, refund, endUnder(fault))) }
}

export const refundRoutes: Route[] = [
  {
    method: 'POST',
    path: '/v3/refund/domestic/refunds',
    does: 'refunds a paid order, or a part of it',
    document: 'https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_5_9.shtml',
    endpoint: 'refund',
    handle: requestRefund,
  },
  {
    method: 'GET',
    path: '/v3/refund/domestic/refunds/{out_refund_no}',
    does: 'queries a refund',
    document: 'https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_5_10.shtml',
    endpoint: 'query-refund',
    handle: queryRefund,
  },
  {
    method: 'POST',
    path: '/v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund',
    does: 'sends the money of an ABNORMAL refund to another account',
    document: 'https://pay.weixin.qq.com/docs/partner/apis/refund/refunds/create-abnormal-refund.html',
    endpoint: 'apply-abnormal-refund',
    handle: applyAbnormalRefund,
  },
]
