import { DomainError } from '../errors.ts'

export class OrderNotPayableError extends DomainError {
  static readonly code = 'ORDER_NOT_PAYABLE'
  static readonly description = 'The order doesn’t wait for a payment any more.'
  readonly code = OrderNotPayableError.code
  /** The order's state, which each kind of order names itself. */
  readonly tradeState: string

  constructor(tradeState: string, message = `The order is ${tradeState} and can't be paid. Make a new order.`) {
    super(message)
    this.tradeState = tradeState
  }
}

const UNDER_REVIEW =
  'Money came for the order that doesn’t fit it, and an operator is looking at it. Wait for the decision instead of paying again.'

export class OrderAlreadyPaidError extends DomainError {
  static readonly code = 'ORDER_ALREADY_PAID'
  static readonly description = 'The money is there already.'
  readonly code = OrderAlreadyPaidError.code
  readonly paymentSn: string

  constructor(paymentSn: string, { underReview = false } = {}) {
    super(underReview ? UNDER_REVIEW : 'The order is paid already. Look at the payment instead of paying again.')
    this.paymentSn = paymentSn
  }
}
