import { z } from 'zod'
import type { Answer, Call } from '../http/route.ts'
import type { Order } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { requireAccessToken } from './access-token.ts'
import { parseMiniProgramBody } from './body.ts'
import { MiniProgramRefusal } from './refusal.ts'

/** https://developers.weixin.qq.com/miniprogram/dev/platform-capabilities/business-capabilities/order-shipping/order-shipping.html */
const ShippingInfo = z.strictObject({
  order_key: z.discriminatedUnion('order_number_type', [
    z.strictObject({ order_number_type: z.literal(1), mchid: z.string(), out_trade_no: z.string() }),
    z.strictObject({ order_number_type: z.literal(2), transaction_id: z.string() }),
  ]),
  logistics_type: z.int().min(1).max(4),
  delivery_mode: z.int().min(1).max(2),
  is_all_delivered: z.boolean().optional(),
  shipping_list: z
    .array(
      z.strictObject({
        tracking_no: z.string().max(128).optional(),
        express_company: z.string().max(128).optional(),
        item_desc: z
          .string()
          .min(1)
          .refine((text) => Array.from(text).length <= 120),
        contact: z
          .strictObject({ consignor_contact: z.string().optional(), receiver_contact: z.string().optional() })
          .optional(),
      }),
    )
    .min(1)
    .max(15),
  upload_time: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/),
  payer: z.strictObject({ openid: z.string() }),
})
type ShippingInfo = z.infer<typeof ShippingInfo>

const UPLOADS_ALLOWED = 2

/** `POST /wxa/sec/order/upload_shipping_info`: for a paid order, and once more to correct it. */
export function uploadShippingInfo(world: World, call: Call): Answer {
  requireAccessToken(world, call)
  const info = parseMiniProgramBody(ShippingInfo, call.body, 10060014)
  const order = findOrder(world, info.order_key)
  if (!order?.payment) throw new MiniProgramRefusal(10060001)
  if (info.payer.openid !== order.openid) throw new MiniProgramRefusal(10060031)
  if (order.shipments >= UPLOADS_ALLOWED) throw new MiniProgramRefusal(10060003)
  world.ledger.commit(['orders', { ...order, shipments: order.shipments + 1 }])
  return { status: 200, json: { errcode: 0, errmsg: 'ok' } }
}

const TradeManagement = z.strictObject({ appid: z.string() })

/** `POST /wxa/sec/order/is_trade_managed`: what the setting `tradeManaged` says. */
export function isTradeManaged(world: World, call: Call): Answer {
  requireAccessToken(world, call)
  const { appid } = parseMiniProgramBody(TradeManagement, call.body, 47001)
  if (appid !== world.credentials.appid) throw new MiniProgramRefusal(40013)
  return { status: 200, json: { errcode: 0, errmsg: 'ok', is_trade_managed: world.settings.tradeManaged } }
}

function findOrder(world: World, key: ShippingInfo['order_key']): Order | undefined {
  if (key.order_number_type === 2) return world.ledger.findByTransactionId(key.transaction_id)
  return key.mchid === world.credentials.mchid ? world.ledger.orders.get(key.out_trade_no) : undefined
}
