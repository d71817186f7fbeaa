import type { Route } from '../http/route.ts'
import { close } from './close.ts'
import { prepayApp, prepayH5, prepayJsapi, prepayNative } from './prepay.ts'
import { queryByOutTradeNo, queryByTransactionId } from './query.ts'

export const payRoutes: Route[] = [
  {
    method: 'POST',
    path: '/v3/pay/transactions/jsapi',
    does: 'prepays an order that a mini-program or a page in WeChat pays',
    document: 'https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_5_1.shtml',
    endpoint: 'prepay',
    handle: prepayJsapi,
  },
  {
    method: 'POST',
    path: '/v3/pay/transactions/native',
    does: 'prepays an order that is paid by scanning a QR code',
    document: 'https://pay.weixin.qq.com/doc/v3/merchant/4012791877',
    endpoint: 'prepay',
    handle: prepayNative,
  },
  {
    method: 'POST',
    path: '/v3/pay/transactions/h5',
    does: 'prepays an order that a page outside WeChat pays',
    document: 'https://pay.weixin.qq.com/doc/v3/merchant/4012791834',
    endpoint: 'prepay',
    handle: prepayH5,
  },
  {
    method: 'POST',
    path: '/v3/pay/transactions/app',
    does: 'prepays an order that an app pays',
    document: 'https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_2_1.shtml',
    endpoint: 'prepay',
    handle: prepayApp,
  },
  {
    method: 'GET',
    path: '/v3/pay/transactions/out-trade-no/{out_trade_no}',
    does: 'queries an order by its out_trade_no',
    document: 'https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_5_2.shtml',
    endpoint: 'query',
    handle: queryByOutTradeNo,
  },
  {
    method: 'GET',
    path: '/v3/pay/transactions/id/{transaction_id}',
    does: 'queries a paid order by its transaction_id',
    document: 'https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_5_2.shtml',
    endpoint: 'query',
    handle: queryByTransactionId,
  },
  {
    method: 'POST',
    path: '/v3/pay/transactions/out-trade-no/{out_trade_no}/close',
    does: 'closes an unpaid order',
    document: 'https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_5_3.shtml',
    endpoint: 'close',
    handle: close,
  },
]
