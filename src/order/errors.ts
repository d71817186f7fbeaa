import type { OrderTradeState } from '../../prisma/client/enums.ts'
import { DomainError } from '../errors.ts'

export class HomestayUnavailableError extends DomainError {
  static readonly code = 'HOMESTAY_UNAVAILABLE'
  static readonly description = 'The homestay is taken on at least one of the nights.'
  readonly code = HomestayUnavailableError.code

  constructor() {
    super('The homestay is taken on at least one of these nights. Choose other dates or another homestay.')
  }
}

export class TooManyUnpaidOrdersError extends DomainError {
  static readonly code = 'TOO_MANY_UNPAID_ORDERS'
  static readonly description = 'The guest holds as many unpaid orders as allowed.'
  readonly code = TooManyUnpaidOrdersError.code

  constructor(limit: number) {
    super(`You hold ${limit} unpaid order${limit === 1 ? '' : 's'}, the most allowed. Pay or cancel one first.`)
  }
}

export class IdempotencyKeyReusedError extends DomainError {
  static readonly code = 'IDEMPOTENCY_KEY_REUSED'
  static readonly description = 'The key belongs to a booking with other input.'
  readonly code = IdempotencyKeyReusedError.code

  constructor() {
    super('This idempotencyKey belongs to another booking. Make a new key for new input.')
  }
}

export class OrderNotCancellableError extends DomainError {
  static readonly code = 'ORDER_NOT_CANCELLABLE'
  static readonly description = 'The order is past cancelling.'
  readonly code = OrderNotCancellableError.code
  readonly tradeState: OrderTradeState

  constructor(tradeState: OrderTradeState, { underReview = false } = {}) {
    super(
      underReview
        ? 'Money came for the order that doesn’t fit it, and an operator is looking at it. Until then the order can’t be cancelled.'
        : `The order is ${tradeState} and can't be cancelled. Only an order in WAIT_PAY can.`,
    )
    this.tradeState = tradeState
  }
}

const whyNotRefundable = {
  state: (tradeState: OrderTradeState) =>
    `The order is ${tradeState}. Only one that is paid and unused can be refunded.`,
  beingRefunded: () => 'The money is already on its way back. Wait for it; if it doesn’t come in a week, ask the host.',
  begun: () => 'The first day of the stay has begun, so the order can’t be refunded any more. Ask the host.',
  underReview: () =>
    'Money came for the order that doesn’t fit it, and an operator is looking at it. Try again after the decision.',
  onHold: () =>
    'WeChat reports a refund that isn’t known here yet, so the order can’t be refunded now. Try again later, or ask the host.',
}

export class OrderNotRefundableError extends DomainError {
  static readonly code = 'ORDER_NOT_REFUNDABLE'
  static readonly description = 'The order can’t be refunded any more, or not yet.'
  readonly code = OrderNotRefundableError.code
  readonly tradeState: OrderTradeState

  constructor(tradeState: OrderTradeState, why: keyof typeof whyNotRefundable = 'state') {
    super(whyNotRefundable[why](tradeState))
    this.tradeState = tradeState
  }
}

export class TradeCodeInvalidError extends DomainError {
  static readonly code = 'TRADE_CODE_INVALID'
  static readonly description = 'No order of this host can be redeemed with the code.'
  readonly code = TradeCodeInvalidError.code

  constructor() {
    super('This code can’t be redeemed here. Check it with the guest; a code works once, for its own homestay.')
  }
}
