import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { TalliedCounter } from './tallied-counter.ts'

/** What passes between WeChat and us. */
export function wechatMetrics(registers: Registry[]) {
  return { ...noticeMetrics(registers), ...callMetrics(registers), ...messageMetrics(registers) }
}

function noticeMetrics(registers: Registry[]) {
  return {
    notices: new Counter({
      name: 'looklook_notices_total',
      help: 'Notices of WeChat Pay, by the HTTP status of our answer.',
      labelNames: ['status'],
      registers,
    }),
    noticeVerdicts: new TalliedCounter({
      name: 'looklook_notice_verdicts_total',
      help: 'Signed notices by their kind, and by what became of what they report; those that we could not commit are not among them.',
      labelNames: ['kind', 'verdict'],
      registers,
    }),
    noticesRefused: new Counter({
      name: 'looklook_notices_refused_total',
      help: 'Notices refused because WeChat Pay did not sign them, or not within five minutes, by reason.',
      labelNames: ['reason'],
      registers,
    }),
  }
}

function callMetrics(registers: Registry[]) {
  return {
    wechatCallSeconds: new Histogram({
      name: 'looklook_wechat_call_duration_seconds',
      help: 'Duration of calls to WeChat, each try by itself, by endpoint and by WeChat’s code: ok, no-answer, and other for one that we do not know.',
      labelNames: ['endpoint', 'code'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
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

function messageMetrics(registers: Registry[]) {
  return {
    messages: new Counter({
      name: 'looklook_messages_total',
      help: 'Subscribe messages by kind, and by what became of a try.',
      labelNames: ['kind', 'outcome'],
      registers,
    }),
    messagesRefused: new Counter({
      name: 'looklook_messages_refused_total',
      help: 'Subscribe messages that were not sent for want of the guest’s consent, by kind and by who refused.',
      labelNames: ['kind', 'reason'],
      registers,
    }),
    messageConsents: new Counter({
      name: 'looklook_message_consents_total',
      help: 'What guests answered about templates of messages, by answer.',
      labelNames: ['answer'],
      registers,
    }),
  }
}
