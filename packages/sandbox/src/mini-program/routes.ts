import type { Route } from '../http/route.ts'
import { stableToken } from './access-token.ts'
import { listTemplates } from './list-templates.ts'
import { codeToSession, phoneNumber } from './login.ts'
import { isTradeManaged, uploadShippingInfo } from './shipping.ts'
import { sendSubscribeMessage } from './subscribe-message.ts'

export const miniProgramRoutes: Route[] = [
  { method: 'GET', path: /^\/sns\/jscode2session$/, endpoint: 'code-to-session', handle: codeToSession },
  { method: 'POST', path: /^\/cgi-bin\/stable_token$/, endpoint: 'stable-token', handle: stableToken },
  { method: 'POST', path: /^\/wxa\/business\/getuserphonenumber$/, endpoint: 'phone-number', handle: phoneNumber },
  {
    method: 'POST',
    path: /^\/cgi-bin\/message\/subscribe\/send$/,
    endpoint: 'subscribe-message',
    handle: sendSubscribeMessage,
  },
  { method: 'GET', path: /^\/wxaapi\/newtmpl\/gettemplate$/, handle: listTemplates },
  {
    method: 'POST',
    path: /^\/wxa\/sec\/order\/upload_shipping_info$/,
    endpoint: 'upload-shipping-info',
    handle: uploadShippingInfo,
  },
  { method: 'POST', path: /^\/wxa\/sec\/order\/is_trade_managed$/, handle: isTradeManaged },
]
