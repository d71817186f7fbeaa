import { DomainError } from '../errors.ts'
import type { Text } from '../texts.ts'
import { paymentTexts } from './texts.ts'

export class OrderNotPayableError extends DomainError {
  static readonly code = 'ORDER_NOT_PAYABLE'
  static readonly description = 'The order doesn’t wait for a payment any more.'
  readonly code = OrderNotPayableError.code
  /** The order's state, which each kind of order names itself. */
  readonly tradeState: string

  constructor(tradeState: string, text: Text = paymentTexts.notPayable(tradeState)) {
    super(text)
    this.tradeState = tradeState
  }
}

export class OrderAlreadyPaidError extends DomainError {
  static readonly code = 'ORDER_ALREADY_PAID'
  static readonly description = 'The money is there already.'
  readonly code = OrderAlreadyPaidError.code
  readonly paymentSn: string

  constructor(paymentSn: string, { underReview = false } = {}) {
    super(underReview ? paymentTexts.paidUnderReview : paymentTexts.alreadyPaid)
    this.paymentSn = paymentSn
  }
}
