import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { TalliedCounter } from './tallied-counter.ts'

/** What clients ask for, and what they are sent. */
export function clientMetrics(registers: Registry[]) {
  return { ...requestMetrics(registers), ...streamMetrics(registers) }
}

function requestMetrics(registers: Registry[]) {
  return {
    operations: new TalliedCounter({
      name: 'looklook_operations_total',
      help: 'GraphQL operations that were run, streams that were started included, by their one field (or other) and by how they ended: ok, the code of an expected failure, refused for any other one, failed for ours.',
      labelNames: ['operation', 'outcome'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'looklook_http_request_duration_seconds',
      help: 'Duration of HTTP requests, by route and status.',
      labelNames: ['route', 'status'],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 5, 30],
      registers,
    }),
    limitRefusals: new Counter({
      name: 'looklook_limit_refusals_total',
      help: 'Requests, operations, sockets and streams refused, by the limit that they met.',
      labelNames: ['limit'],
      registers,
    }),
  }
}

function streamMetrics(registers: Registry[]) {
  return {
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
    noticeToPushSeconds: new Histogram({
      name: 'looklook_notice_to_push_seconds',
      help: 'From the settlement of a payment to its being pushed to whoever watches it, by the clocks of both.',
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 3, 15],
      registers,
    }),
    statesDropped: new Counter({
      name: 'looklook_states_dropped_total',
      help: 'States of payments that were not sent, because a newer one came before their client had read the one before.',
      registers,
    }),
  }
}
