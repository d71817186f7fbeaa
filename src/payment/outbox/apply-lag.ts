import type { Payment } from '../../../prisma/client/client.ts'
import type { Metrics } from '../../infra/metrics.ts'

/** A payment is normally applied within a second; the first retries of a failing job are over after this. */
export const NOT_APPLIED_AFTER_SECONDS = 600

/** The version of a payment that was made, settled, and nothing else. */
const SETTLED_AT_ONCE = 2

/**
 * Measures how long a payment has waited for its order, now that it is applied. Not one that has changed more often: it was
 * settled long before the change that is applied.
 */
export function measureApplyLag(
  { applyLagSeconds }: Pick<Metrics, 'applyLagSeconds'>,
  { version, paidAt }: Pick<Payment, 'version' | 'paidAt'>,
): void {
  // Our clock may be behind the database's.
  if (version === SETTLED_AT_ONCE && paidAt) applyLagSeconds.observe(Math.max(0, Date.now() - paidAt.getTime()) / 1_000)
}
