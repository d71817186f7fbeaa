import type { OrderTradeState } from '../../prisma/client/enums.ts'
import { DomainError } from '../errors.ts'
import { notRefundableTexts, orderTexts } from './texts.ts'

export class HomestayUnavailableError extends DomainError {
  static readonly code = 'HOMESTAY_UNAVAILABLE'
  static readonly description = 'The homestay is taken on at least one of the nights.'
  readonly code = HomestayUnavailableError.code

  constructor() {
    super(orderTexts.nightsTaken)
  }
}

export class TooManyUnpaidOrdersError extends DomainError {
  static readonly code = 'TOO_MANY_UNPAID_ORDERS'
  static readonly description = 'The guest holds as many unpaid orders as allowed.'
  readonly code = TooManyUnpaidOrdersError.code

  constructor(limit: number) {
    super(orderTexts.tooManyUnpaid(limit))
  }
}

export class IdempotencyKeyReusedError extends DomainError {
  static readonly code = 'IDEMPOTENCY_KEY_REUSED'
  static readonly description = 'The key belongs to a booking with other input.'
  readonly code = IdempotencyKeyReusedError.code

  constructor() {
    super(orderTexts.keyReused)
  }
}

export class OrderNotCancellableError extends DomainError {
  static readonly code = 'ORDER_NOT_CANCELLABLE'
  static readonly description = 'The order is past cancelling.'
  readonly code = OrderNotCancellableError.code
  readonly tradeState: OrderTradeState

  constructor(tradeState: OrderTradeState, { underReview = false } = {}) {
    super(underReview ? orderTexts.notCancellableUnderReview : orderTexts.notCancellable(tradeState))
    this.tradeState = tradeState
  }
}

export class OrderNotRefundableError extends DomainError {
  static readonly code = 'ORDER_NOT_REFUNDABLE'
  static readonly description = 'The order can’t be refunded any more, or not yet.'
  readonly code = OrderNotRefundableError.code
  readonly tradeState: OrderTradeState

  constructor(tradeState: OrderTradeState, why: keyof typeof notRefundableTexts = 'state') {
    const text = notRefundableTexts[why]
    super(typeof text === 'function' ? text(tradeState) : text)
    this.tradeState = tradeState
  }
}

export class TradeCodeInvalidError extends DomainError {
  static readonly code = 'TRADE_CODE_INVALID'
  static readonly description = 'No order of this host can be redeemed with the code.'
  readonly code = TradeCodeInvalidError.code

  constructor() {
    super(orderTexts.codeInvalid)
  }
}
