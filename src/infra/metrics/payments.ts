import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { TalliedCounter } from './tallied-counter.ts'

/** What becomes of payments and refunds, and what waits for an operator. */
export function paymentMetrics(registers: Registry[]) {
  return { ...changeMetrics(registers), ...backlogMetrics(registers), ...reviewMetrics(registers) }
}

function changeMetrics(registers: Registry[]) {
  return {
    paymentTransitions: new TalliedCounter({
      name: 'looklook_payment_transitions_total',
      help: 'Payments that went from one status to another, NONE before they were made, by what brought it.',
      labelNames: ['from', 'to', 'source'],
      registers,
    }),
    tapToPaidSeconds: new Histogram({
      name: 'looklook_tap_to_paid_seconds',
      help: 'From the first tap, which made the payment, to its settlement here.',
      buckets: [2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800],
      registers,
    }),
    applyLagSeconds: new Histogram({
      name: 'looklook_apply_lag_seconds',
      help: 'From the settlement of a payment to its order being paid, of payments to which nothing else has happened.',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 600],
      registers,
    }),
    mismatches: new Counter({
      name: 'looklook_mismatches_total',
      help: 'Verified reports of WeChat Pay that do not fit our books, by kind.',
      labelNames: ['kind'],
      registers,
    }),
  }
}

function backlogMetrics(registers: Registry[]) {
  return {
    unappliedPayments: new Gauge({
      name: 'looklook_unapplied_payments',
      help: 'Payments with a change that is not applied to their order yet, 1000 at most. Counted by workers.',
      registers,
    }),
    oldestUnappliedSeconds: new Gauge({
      name: 'looklook_oldest_unapplied_seconds',
      help: 'How long the oldest of these changes waits, 0 without any. Counted by workers.',
      registers,
    }),
    openRefunds: new Gauge({
      name: 'looklook_open_refunds',
      help: 'Refunds that have not ended, by status. Counted by workers.',
      labelNames: ['status'],
      registers,
    }),
    oldestRefundSeconds: new Gauge({
      name: 'looklook_oldest_open_refund_seconds',
      help: 'The age of the oldest of these, by status, 0 without any. Counted by workers.',
      labelNames: ['status'],
      registers,
    }),
  }
}

function reviewMetrics(registers: Registry[]) {
  return {
    waiting: new Gauge({
      name: 'looklook_waiting_for_operator',
      help: 'Payments under review, on hold or not applied for 10 min, money of no payment, refunds that do not fit or take a week, notices not handled. Counted by workers.',
      labelNames: ['kind'],
      registers,
    }),
    billDays: new Gauge({
      name: 'looklook_bill_days',
      help: 'Days whose bill is not compared yet, by status: due; overdue, which are those that have been due for a day; missing at WeChat although there were payments. Counted by workers.',
      labelNames: ['status'],
      registers,
    }),
    billDifferences: new Gauge({
      name: 'looklook_bill_differences',
      help: 'Differences between bills and our books that a person must decide, by class. Counted by workers.',
      labelNames: ['class'],
      registers,
    }),
  }
}
