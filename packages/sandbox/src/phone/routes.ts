import { z } from 'zod'
import { ability } from '../control/ability.ts'
import type { Route } from '../http/route.ts'
import { Answer, answerConsent } from './consent.ts'
import { receivedMessages } from './messages.ts'
import { AnyPayment, payByPhone } from './pay.ts'

export const phoneRoutes: Route[] = [
  ability({
    method: 'POST',
    path: '/sandbox/pay',
    does: 'pays as the buyer’s phone does: by the fields of wx.requestPayment, an app’s call, a code_url, an h5_url, or the number',
    input: AnyPayment,
    handle: payByPhone,
  }),
  ability({
    method: 'POST',
    path: '/sandbox/consent',
    does: 'answers wx.requestSubscribeMessage; one consent, one message',
    input: Answer,
    handle: answerConsent,
  }),
  ability({
    method: 'GET',
    path: '/sandbox/messages',
    does: 'lists the subscribe messages that a user received, or all users',
    input: z.object({ openid: z.string().optional() }),
    handle: (world, { openid }) => receivedMessages(world, openid),
  }),
]
