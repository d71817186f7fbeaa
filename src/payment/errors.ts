import { DomainError } from '../errors.ts'

/** The order isn't waiting for a payment any more. */
export class OrderNotPayableError extends DomainError {
  readonly code = 'ORDER_NOT_PAYABLE'
  /** The order's state, as its own kind names it. */
  readonly tradeState: string

  constructor(tradeState: string, message = `The order is ${tradeState} and can't be paid. Make a new order.`) {
    super(message)
    this.tradeState = tradeState
  }
}

/** The order was paid before, whether or not the money is applied to it yet. */
export class OrderAlreadyPaidError extends DomainError {
  readonly code = 'ORDER_ALREADY_PAID'
  readonly paymentSn: string

  constructor(paymentSn: string) {
    super('The order is paid already. Look at the payment instead of paying again.')
    this.paymentSn = paymentSn
  }
}
