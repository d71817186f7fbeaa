import type { Deps } from '../deps.ts'
import { work } from '../infra/queue.ts'
import { uploadShipping } from '../jobs.ts'
import { uploadShippingOf } from './shipping.ts'

/** The jobs that orders answer to. */
export async function registerOrderHandlers(deps: Deps): Promise<void> {
  await work(deps.queue, deps.log, uploadShipping, ({ orderSn }) => uploadShippingOf(deps, orderSn))
}
