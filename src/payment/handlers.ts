import type { Deps } from '../deps.ts'
import { work } from '../infra/queue.ts'
import { paymentChanged } from '../jobs.ts'
import { followPayment } from './follow.ts'

/** The jobs that payments answer to. */
export async function registerPaymentHandlers(deps: Deps): Promise<void> {
  await work(deps.queue, deps.log, paymentChanged, ({ paymentSn }) => followPayment(deps, paymentSn))
}
