import type { Route } from '../http/route.ts'
import { plainToken, stableToken } from './access-token.ts'
import { listTemplates } from './list-templates.ts'
import { codeToSession, phoneNumber } from './login.ts'
import { isTradeManaged, uploadShippingInfo } from './shipping.ts'
import { sendSubscribeMessage } from './subscribe-message.ts'

export const miniProgramRoutes: Route[] = [
  {
    method: 'GET',
    path: '/sns/jscode2session',
    does: 'signs in a user by the code of wx.login',
    document: 'https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html',
    endpoint: 'code-to-session',
    handle: codeToSession,
  },
  {
    method: 'POST',
    path: '/cgi-bin/stable_token',
    does: 'gives the access token',
    document: 'https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getStableAccessToken.html',
    endpoint: 'stable-token',
    handle: stableToken,
  },
  {
    method: 'GET',
    path: '/cgi-bin/token',
    does: 'gives a new access token, and ends the one before in five minutes',
    document: 'https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getAccessToken.html',
    endpoint: 'access-token',
    handle: plainToken,
  },
  {
    method: 'POST',
    path: '/wxa/business/getuserphonenumber',
    does: 'gives the phone number that a code stands for',
    document: 'https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/phone-number/getPhoneNumber.html',
    endpoint: 'phone-number',
    handle: phoneNumber,
  },
  {
    method: 'POST',
    path: '/cgi-bin/message/subscribe/send',
    does: 'sends a subscribe message to a user who has consented',
    document:
      'https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html',
    endpoint: 'subscribe-message',
    handle: sendSubscribeMessage,
  },
  {
    method: 'GET',
    path: '/wxaapi/newtmpl/gettemplate',
    does: 'lists the templates of subscribe messages',
    document:
      'https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/getMessageTemplateList.html',
    handle: listTemplates,
  },
  {
    method: 'POST',
    path: '/wxa/sec/order/upload_shipping_info',
    does: 'uploads the shipping info of a paid order',
    document:
      'https://developers.weixin.qq.com/miniprogram/dev/platform-capabilities/business-capabilities/order-shipping/order-shipping.html',
    endpoint: 'upload-shipping-info',
    handle: uploadShippingInfo,
  },
  {
    method: 'POST',
    path: '/wxa/sec/order/is_trade_managed',
    does: 'says whether shipping info must be uploaded',
    document:
      'https://developers.weixin.qq.com/miniprogram/dev/platform-capabilities/business-capabilities/order-shipping/order-shipping.html',
    handle: isTradeManaged,
  },
]
