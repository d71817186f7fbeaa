import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof openMetrics>

/** What a process counts about itself, in a registry of its own. */
export function openMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    notices: new Counter({
      name: 'wechat_notices_total',
      help: 'Notices of WeChat Pay by the status they were answered with.',
      labelNames: ['status'],
      registers,
    }),
    misfits: new Counter({
      name: 'misfits_total',
      help: 'Words of WeChat Pay that do not fit our books, kept for a person.',
      labelNames: ['kind'],
      registers,
    }),
    waiting: new Gauge({
      name: 'waiting_for_operator',
      help: 'Disputed and held payments, those that no order follows for 10 min, refunds that take a week. By workers.',
      labelNames: ['kind'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'http_request_seconds',
      help: 'How long requests took, by route and status.',
      labelNames: ['route', 'status'],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 5, 30],
      registers,
    }),
  }
}
