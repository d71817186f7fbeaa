import { z } from 'zod'
import { withAccessToken } from './access-token.ts'
import { WechatInputError } from './errors.ts'
import { beijingTime, cutToFit, oneLine, rules } from './input-rules.ts'
import type { MiniProgram } from './mini-program.ts'
import { callMiniProgram } from './mini-program-call.ts'

const MAX_ITEM_LENGTH = 120

/** WeChat's numbers for how the goods reach the buyer. */
const logisticsTypes = { express: 1, 'same-city': 2, virtual: 3, 'pick-up': 4 } as const

export interface ShippingInput {
  /** Either this, or `outTradeNo` and `mchid`. */
  transactionId?: string
  outTradeNo?: string
  mchid?: string
  logistics: keyof typeof logisticsTypes
  /** One entry unless the goods were sent in several parcels. */
  shippingList: {
    /** Describes what is shipped; shortened to 120 characters. */
    itemDesc: string
    trackingNo?: string
    expressCompany?: string
    /** Masked phone number of the receiver; some express companies require it. */
    receiverContact?: string
  }[]
  uploadTime: Date
  /** The payer. */
  openid: string
}

/**
 * Reports to WeChat that a paid order was delivered: until then the money of a trade-managed mini-program stays frozen.
 *
 * Source: https://developers.weixin.qq.com/miniprogram/dev/platform-capabilities/business-capabilities/order-shipping/order-shipping.html
 *
 * @throws {WechatInputError} when something is missing; then nothing was sent.
 * @throws {MiniProgramError} `later` while WeChat doesn't know the payment yet (10060001): wait a minute at least.
 */
export async function uploadShippingInfo(mini: MiniProgram, input: ShippingInput): Promise<void> {
  const body = shippingBody(input)
  const path = '/wxa/sec/order/upload_shipping_info'
  const request = { method: 'POST' as const, path, body, number: input.transactionId ?? input.outTradeNo }
  await withAccessToken(mini.tokens, (token) =>
    callMiniProgram(mini, { ...request, query: { access_token: token } }, () => undefined),
  )
}

// Documented as a boolean; some have seen 1 and 0.
const TradeManagement = z.object({ is_trade_managed: z.union([z.boolean(), z.literal([0, 1])]) })

/**
 * True when this mini-program is trade-managed, so that WeChat freezes its money until `uploadShippingInfo`.
 *
 * Source: the same page, "whether the shipping information service is in use".
 *
 * @throws {MiniProgramError} when WeChat refuses or doesn't answer.
 */
export function isTradeManaged(mini: MiniProgram): Promise<boolean> {
  const path = '/wxa/sec/order/is_trade_managed'
  return withAccessToken(mini.tokens, (token) =>
    callMiniProgram(
      mini,
      { method: 'POST', path, query: { access_token: token }, body: { appid: mini.appid } },
      (json) => Boolean(TradeManagement.parse(json).is_trade_managed),
    ),
  )
}

function shippingBody(input: ShippingInput): Record<string, unknown> {
  if (input.shippingList.length === 0) throw new WechatInputError('shipping_list', 'must not be empty')
  return {
    order_key: orderKey(input),
    logistics_type: logisticsTypes[input.logistics],
    delivery_mode: input.shippingList.length === 1 ? 1 : 2,
    ...(input.shippingList.length === 1 ? {} : { is_all_delivered: true }),
    shipping_list: input.shippingList.map((parcel) => ({
      item_desc: itemDescription(parcel.itemDesc),
      ...(parcel.trackingNo === undefined ? {} : { tracking_no: parcel.trackingNo }),
      ...(parcel.expressCompany === undefined ? {} : { express_company: parcel.expressCompany }),
      ...(parcel.receiverContact === undefined ? {} : { contact: { receiver_contact: parcel.receiverContact } }),
    })),
    upload_time: beijingTime('upload_time', input.uploadTime),
    payer: { openid: rules.openid(input.openid) },
  }
}

function orderKey({ transactionId, outTradeNo, mchid }: ShippingInput): Record<string, unknown> {
  if (transactionId !== undefined) {
    return { order_number_type: 2, transaction_id: rules.transactionId(transactionId) }
  }
  if (outTradeNo === undefined || mchid === undefined) {
    throw new WechatInputError('order_key', 'needs a transaction id, or our number and the mchid')
  }
  return { order_number_type: 1, mchid: rules.mchid(mchid), out_trade_no: rules.outTradeNo(outTradeNo) }
}

function itemDescription(text: string): string {
  const cut = cutToFit(oneLine(text), (beginning) => beginning.length <= MAX_ITEM_LENGTH)
  if (cut === '') throw new WechatInputError('item_desc', 'must not be empty')
  return cut
}
