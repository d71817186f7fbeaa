import { z } from 'zod'
import type { Fault } from '../control/fault.ts'
import { merchantAccount, outTradeNo, parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Answer, Call } from '../http/route.ts'
import type { Order } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { describeTransaction } from './transaction.ts'
import { withAmountOf } from './wrong-amount.ts'

/** `GET /v3/pay/transactions/out-trade-no/{out_trade_no}?mchid=` */
export function queryByOutTradeNo(world: World, call: Call, [number]: string[], fault: Fault | undefined): Answer {
  requireMerchant(world, readMchid(call))
  return tell(world, findOrder(world, number), fault)
}

/** `GET /v3/pay/transactions/id/{transaction_id}?mchid=`: finds paid orders alone. */
export function queryByTransactionId(
  world: World,
  call: Call,
  [transactionId = '']: string[],
  fault: Fault | undefined,
): Answer {
  requireMerchant(world, readMchid(call))
  if (!/^\d{28,32}$/.test(transactionId)) throw new PayError('INVALID_TRANSACTIONID')
  const order = world.ledger.findByTransactionId(transactionId)
  if (!order) throw new PayError('ORDER_NOT_EXIST')
  return tell(world, order, fault)
}

function tell(world: World, order: Order, fault: Fault | undefined): Answer {
  return { status: 200, json: withAmountOf(fault, describeTransaction(world, order)) }
}

function readMchid(call: Call): string {
  return parseParameters(z.strictObject({ mchid: merchantAccount }), Object.fromEntries(call.query), 'query').mchid
}

/** @throws {PayError} MCH_NOT_EXISTS for any merchant but the one who signs. */
export function requireMerchant(world: World, mchid: string): void {
  if (mchid !== world.credentials.mchid)
    throw new PayError(
      'MCH_NOT_EXISTS',
      '商户号与签名身份不一致',
      undefined,
      `mchid is ${world.credentials.mchid}, the merchant who signs`,
    )
}

/** @throws {PayError} PARAM_ERROR when `number` can't be an out_trade_no, ORDER_NOT_EXIST when no order has it. */
export function findOrder(world: World, number: string | undefined): Order {
  const order = world.ledger.orders.get(parseParameters(outTradeNo, number, 'path'))
  if (!order) throw new PayError('ORDER_NOT_EXIST')
  return order
}
