import type { Fault } from '../control/fault.ts'

/**
 * What a query or a notice tells about an order or a refund, with the amount of the fault `wrong-amount`; as it is under
 * any other, and where it tells no amount, as of an order that isn't paid.
 */
export function withAmountOf(fault: Fault | undefined, told: Record<string, unknown>): Record<string, unknown> {
  const { amount } = told
  if (fault?.kind !== 'wrong-amount' || typeof amount !== 'object') return told
  const { amountFen } = fault
  const wrong =
    'out_refund_no' in told
      ? { refund: amountFen, payer_refund: amountFen }
      : { total: amountFen, payer_total: amountFen }
  return { ...told, amount: { ...amount, ...wrong } }
}
