import { z } from 'zod'
import { bytes, characters, fen, instant, merchantAccount, notifyUrl, openid, outTradeNo } from '../http/parameters.ts'

const scene = {
  payer_client_ip: bytes(45),
  device_id: characters(32).optional(),
  store_info: z
    .strictObject({
      id: characters(32),
      name: characters(256).optional(),
      area_code: characters(32).optional(),
      address: characters(512).optional(),
    })
    .optional(),
}
const SceneInfo = z.strictObject(scene).optional()

/** What the four ways to prepay have in common. */
const common = {
  appid: bytes(32),
  mchid: merchantAccount,
  description: characters(127),
  out_trade_no: outTradeNo,
  time_expire: instant.optional(),
  attach: characters(128).optional(),
  notify_url: notifyUrl(255),
  goods_tag: characters(32).optional(),
  support_fapiao: z.boolean().optional(),
  amount: z.strictObject({ total: fen, currency: z.literal('CNY').optional() }),
  detail: z
    .strictObject({
      cost_price: z.int().min(0).optional(),
      invoice_id: characters(32).optional(),
      goods_detail: z
        .array(
          z.strictObject({
            merchant_goods_id: characters(32),
            wechatpay_goods_id: characters(32).optional(),
            goods_name: characters(256).optional(),
            quantity: z.int().min(1),
            unit_price: z.int().min(0),
          }),
        )
        .min(1)
        .optional(),
    })
    .optional(),
  settle_info: z.strictObject({ profit_sharing: z.boolean().optional() }).optional(),
  limit_pay: z.array(z.enum(['no_credit', 'no_debit'])).optional(),
}

/** The payer is known. https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_5_1.shtml */
export const JsapiPrepay = z.strictObject({ ...common, payer: z.strictObject({ openid }), scene_info: SceneInfo })

/** https://pay.weixin.qq.com/doc/v3/merchant/4012791877, https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_2_1.shtml */
export const PrepayWithoutPayer = z.strictObject({ ...common, scene_info: SceneInfo })

/**
 * The scene is required. https://pay.weixin.qq.com/doc/v3/merchant/4012791834, wechatpay-go `services/payments/h5/models.go`
 */
export const H5Prepay = z.strictObject({
  ...common,
  scene_info: z.strictObject({
    ...scene,
    h5_info: z.strictObject({
      type: z.enum(['iOS', 'Android', 'Wap']),
      app_name: characters(64).optional(),
      app_url: characters(128).optional(),
      bundle_id: characters(128).optional(),
      package_name: characters(128).optional(),
    }),
  }),
})

export type Prepay = z.infer<typeof JsapiPrepay> | z.infer<typeof PrepayWithoutPayer> | z.infer<typeof H5Prepay>
