import { collectDefaultMetrics, Registry } from 'prom-client'
import { buildMetrics } from './metrics/build.ts'
import { clientMetrics } from './metrics/clients.ts'
import { paymentMetrics } from './metrics/payments.ts'
import { wechatMetrics } from './metrics/wechat.ts'
import { workerMetrics } from './metrics/workers.ts'

export type Metrics = ReturnType<typeof openMetrics>

/** Adds what Node measures of the process: memory, processor time, event loop. It never stops measuring: call it once. */
export function measureProcess({ registry }: Metrics): void {
  collectDefaultMetrics({ register: registry })
}

/** The metrics that an app counts, in a registry of its own. */
export function openMetrics() {
  const registry = new Registry()
  const registers = [registry]
  return {
    registry,
    ...buildMetrics(registers),
    ...wechatMetrics(registers),
    ...paymentMetrics(registers),
    ...workerMetrics(registers),
    ...clientMetrics(registers),
  }
}
