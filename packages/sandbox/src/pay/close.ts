import { z } from 'zod'
import type { Fault } from '../control/fault.ts'
import { merchantAccount, parseJsonBody, parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Answer, Call } from '../http/route.ts'
import type { World } from '../world.ts'
import { payOrder } from './payment.ts'
import { findOrder, requireMerchant } from './query.ts'

const Close = z.strictObject({ mchid: merchantAccount })

/** `POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close`: of an unpaid order, any number of times. */
export function close(world: World, call: Call, [number]: string[], fault: Fault | undefined): Answer {
  const { mchid } = parseParameters(Close, parseJsonBody(call.body), 'body')
  requireMerchant(world, mchid)
  const order = findOrder(world, number)
  if (order.payment) throw new PayError('ORDERPAID')
  if (fault?.kind === 'paid-meanwhile') payOrder(world, order)
  else world.ledger.commit(['orders', { ...order, state: 'CLOSED' }])
  return { status: 204 }
}
