import type { OrderTradeState } from '../../prisma/client/enums.ts'
import { DomainError } from '../errors.ts'

/** Another order holds at least one of the nights. */
export class HomestayUnavailableError extends DomainError {
  readonly code = 'HOMESTAY_UNAVAILABLE'

  constructor() {
    super('The homestay is taken on at least one of these nights. Choose other dates or another homestay.')
  }
}

/** The guest holds as many unpaid orders as allowed. */
export class TooManyUnpaidOrdersError extends DomainError {
  readonly code = 'TOO_MANY_UNPAID_ORDERS'

  constructor(limit: number) {
    super(`You hold ${limit} unpaid order${limit === 1 ? '' : 's'}, the most allowed. Pay or cancel one first.`)
  }
}

/** The key was used for a booking with other input. */
export class IdempotencyKeyReusedError extends DomainError {
  readonly code = 'IDEMPOTENCY_KEY_REUSED'

  constructor() {
    super('This idempotencyKey belongs to another booking. Make a new key for new input.')
  }
}

/** The order is past cancelling. */
export class OrderNotCancellableError extends DomainError {
  readonly code = 'ORDER_NOT_CANCELLABLE'
  readonly tradeState: OrderTradeState

  constructor(tradeState: OrderTradeState) {
    super(
      tradeState === 'WAIT_PAY'
        ? 'Money came for the order and is being looked into, so it can’t be cancelled. Ask the host.'
        : `The order is ${tradeState} and can't be cancelled. Only an order in WAIT_PAY can.`,
    )
    this.tradeState = tradeState
  }
}

const whyNotRefundable = {
  state: (tradeState: OrderTradeState) =>
    `The order is ${tradeState}. Only one that is paid and unused can be refunded.`,
  goingBack: () => 'The money is already on its way back. Wait for it; if it doesn’t come in a week, ask the host.',
  begun: () => 'The first day of the stay has begun, so the order can’t be refunded any more. Ask the host.',
  lookedInto: () =>
    'The order’s payment is being looked into, so it can’t be refunded yet. Try again later, or ask the host.',
}

/** The order can't be refunded any more, or not yet. */
export class OrderNotRefundableError extends DomainError {
  readonly code = 'ORDER_NOT_REFUNDABLE'
  readonly tradeState: OrderTradeState

  constructor(tradeState: OrderTradeState, why: keyof typeof whyNotRefundable = 'state') {
    super(whyNotRefundable[why](tradeState))
    this.tradeState = tradeState
  }
}

/** No order of this host can be redeemed with this code now. */
export class TradeCodeInvalidError extends DomainError {
  readonly code = 'TRADE_CODE_INVALID'

  constructor() {
    super('This code can’t be redeemed here. Check it with the guest; a code works once, for its own homestay.')
  }
}
