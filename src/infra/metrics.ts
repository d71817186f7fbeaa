import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof openMetrics>

/** Adds what Node measures of the process: memory, processor time, event loop. It never stops measuring: call it once. */
export function measureProcess({ registry }: Metrics): void {
  collectDefaultMetrics({ register: registry })
}

/** The metrics that an app counts, in a registry of its own. */
export function openMetrics() {
  const registry = new Registry()
  const registers = [registry]
  return { registry, ...wechatMetrics(registers), ...paymentMetrics(registers), ...clientMetrics(registers) }
}

/** What passes between WeChat and us. */
function wechatMetrics(registers: Registry[]) {
  return {
    notices: new Counter({
      name: 'looklook_notices_total',
      help: 'Notices of WeChat Pay, by the HTTP status of our answer.',
      labelNames: ['status'],
      registers,
    }),
    noticesRefused: new Counter({
      name: 'looklook_notices_refused_total',
      help: 'Notices refused because WeChat Pay did not sign them, or not within five minutes, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    messagesRefused: new Counter({
      name: 'looklook_messages_refused_total',
      help: 'Subscribe messages that were not sent for want of the guest’s consent, by kind and by who refused.',
      labelNames: ['kind', 'reason'],
      registers,
    }),
    wechatCallsDropped: new Counter({
      name: 'looklook_wechat_calls_dropped_total',
      help: 'Calls to WeChat and notices that were not kept for timelines, because the database was away or too slow.',
      registers,
    }),
    wechatClockSkew: new Gauge({
      name: 'looklook_wechat_clock_skew_seconds',
      help: 'By how much our clock is ahead of WeChat, by the Date header of its last answer, by API.',
      labelNames: ['api'],
      registers,
    }),
  }
}

/** What waits, for an operator or a worker. */
function paymentMetrics(registers: Registry[]) {
  return {
    mismatches: new Counter({
      name: 'looklook_mismatches_total',
      help: 'Verified reports of WeChat Pay that do not fit our books, by kind.',
      labelNames: ['kind'],
      registers,
    }),
    waiting: new Gauge({
      name: 'looklook_waiting_for_operator',
      help: 'Payments under review, on hold or not applied for 10 min, money of no payment, refunds that do not fit or take a week, notices not handled. Counted by workers.',
      labelNames: ['kind'],
      registers,
    }),
    billDays: new Gauge({
      name: 'looklook_bill_days',
      help: 'Days whose bill is not compared yet, by status: due, or missing at WeChat although there were payments. Counted by workers.',
      labelNames: ['status'],
      registers,
    }),
    billDifferences: new Gauge({
      name: 'looklook_bill_differences',
      help: 'Differences between bills and our books that a person must decide, by class. Counted by workers.',
      labelNames: ['class'],
      registers,
    }),
    webhooks: new Counter({
      name: 'looklook_webhook_calls_total',
      help: 'Calls of webhooks, by whether the endpoint took the event.',
      labelNames: ['outcome'],
      registers,
    }),
    workerUnseenSeconds: new Gauge({
      name: 'looklook_worker_unseen_seconds',
      help: 'Seconds since any worker was last seen, by the database’s clock; +Inf when there never was one.',
      registers,
    }),
  }
}

/** What clients ask for. */
function clientMetrics(registers: Registry[]) {
  return {
    limitRefusals: new Counter({
      name: 'looklook_limit_refusals_total',
      help: 'Requests, operations, sockets and streams refused, by the limit that they met.',
      labelNames: ['limit'],
      registers,
    }),
    openSockets: new Gauge({
      name: 'looklook_open_sockets',
      help: 'WebSockets that are open, those being opened or closed included.',
      registers,
    }),
    openStreams: new Gauge({
      name: 'looklook_open_streams',
      help: 'Subscriptions that are open, over WebSockets and server-sent events.',
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'looklook_http_request_duration_seconds',
      help: 'Duration of HTTP requests, by route and status.',
      labelNames: ['route', 'status'],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 5, 30],
      registers,
    }),
  }
}
