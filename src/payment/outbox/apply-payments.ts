import type { Deps } from '../../deps.ts'
import { inParallel } from '../../infra/in-parallel.ts'
import { applyToOrder } from './apply-to-order.ts'

/** How many payments are applied together at most. */
export const PAYMENTS_AT_ONCE = 50

/** How many payments are applied one by one at once. Each holds a connection, of which other work needs some too. */
const SINGLES_AT_ONCE = 6

/**
 * Applies payments to their orders: the common ones together, where their `Payable` can, and all others by
 * {@link applyToOrder}, one by one. The same number may come twice.
 *
 * @returns how each ended, in the order given. One that fails keeps none of the others back.
 */
export async function applyPayments(
  deps: Deps,
  payments: { paymentSn: string }[],
): Promise<PromiseSettledResult<void>[]> {
  const paymentSns = [...new Set(payments.map(({ paymentSn }) => paymentSn))]
  const applied = await applyTogether(deps, paymentSns)
  const others = paymentSns.filter((sn) => !applied.has(sn))
  const ends = await inParallel(others, SINGLES_AT_ONCE, (paymentSn) => applyToOrder(deps, { paymentSn }))
  const endOf = new Map(others.map((sn, index) => [sn, ends[index]]))
  return payments.map(({ paymentSn }) => endOf.get(paymentSn) ?? { status: 'fulfilled', value: undefined })
}

/** Applies the common ones of these payments. @returns the numbers of those that are applied. */
export async function applyTogether(deps: Deps, paymentSns: string[]): Promise<Set<string>> {
  const applied = new Set<string>()
  for (const [serviceType, { applyMany }] of Object.entries(deps.payables)) {
    const left = paymentSns.filter((sn) => !applied.has(sn))
    if (!applyMany || left.length === 0) continue
    try {
      const done = await applyMany(deps.db, { serviceType, paymentSns: left })
      for (const sn of done) applied.add(sn)
    } catch (error) {
      // One of them may be the cause. Whether or not this was committed, the caller sees to each by itself.
      deps.log.warn(
        { err: error, serviceType, payments: left.length },
        'batch of payments failed, each is now seen to alone',
      )
    }
  }
  return applied
}
