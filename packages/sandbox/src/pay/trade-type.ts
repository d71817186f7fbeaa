import type { Order, TradeType } from '../store/ledger.ts'

/** How an order is paid; those of a ledger from before there were several are JSAPI. */
export function tradeTypeOf({ tradeType = 'JSAPI' }: Order): TradeType {
  return tradeType
}
