import { parseJsonBody } from '../http/parameters.ts'
import type { Route } from '../http/route.ts'
import { answerConsent } from './consent.ts'
import { receivedMessages } from './messages.ts'
import { payByPhone } from './pay.ts'

export const phoneRoutes: Route[] = [
  {
    method: 'POST',
    path: /^\/sandbox\/pay$/,
    handle: (world, call) => ({ status: 200, json: payByPhone(world, parseJsonBody(call.body)) }),
  },
  {
    method: 'POST',
    path: /^\/sandbox\/consent$/,
    handle: (world, call) => ({ status: 200, json: answerConsent(world, parseJsonBody(call.body)) }),
  },
  {
    method: 'GET',
    path: /^\/sandbox\/messages$/,
    handle: (world, call) => ({ status: 200, json: receivedMessages(world, call.query.get('openid') ?? undefined) }),
  },
]
