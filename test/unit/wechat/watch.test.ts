import pino from 'pino'
import { describe, expect, test } from 'vitest'
import { callPay } from '../../../src/wechat/transport.ts'
import { createWechatWatch, type WatchOptions } from '../../../src/wechat/watch.ts'
import { givenWechatPay, type Reply } from './fake-wechat.ts'

const HOUR_MS = 3_600_000
const get = { method: 'GET' as const, path: '/v3/something?a=1' }

/** An answer of a WeChat whose clock is so far behind ours. */
function skewed(seconds: number): Reply {
  return { headers: { date: new Date(Date.now() - seconds * 1000).toUTCString() } }
}

function givenWatch(options: WatchOptions = {}) {
  const lines: Record<string, unknown>[] = []
  const log = pino({}, { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) })
  const clock = { ms: 0 }
  const watch = createWechatWatch({ log, nowMs: () => clock.ms, ...options })
  const refuse = (code: string, endpoint = 'POST /v3/pay/transactions/jsapi') =>
    watch.refused({ endpoint, code, error: new Error('refused') })
  return { watch, refuse, lines, clock }
}

describe('a try of a call', () => {
  const ended = { startedMs: 1_000, endedMs: 1_250 }
  const endpoint = 'POST /v3/pay/transactions/jsapi'

  test.for([
    ['ok', { status: 200 }],
    ['ok', { status: 204 }],
    ['SYSTEM_ERROR', { status: 500, code: 'SYSTEM_ERROR' }],
    ['43101', { status: 200, code: '43101' }],
    ['other', { status: 400, code: 'A_CODE_OF_TOMORROW' }],
    ['other', { status: 502 }],
    ['no-answer', { code: 'ECONNRESET' }],
  ] as const)('is measured as %s', ([code, end]) => {
    const measured: unknown[] = []
    const { watch } = givenWatch({ onCall: (call) => void measured.push(call) })
    watch.called({ number: 'PA1', endpoint, ...ended, ...end })
    expect(measured).toEqual([{ endpoint, code, seconds: 0.25 }])
  })

  test('is kept where it is about a number, and a notice is kept and not measured', () => {
    const measured: string[] = []
    const kept: string[] = []
    const { watch } = givenWatch({
      onCall: (call) => void measured.push(call.endpoint),
      keep: (call) => void kept.push(call.endpoint),
    })
    watch.called({ endpoint: 'GET /v3/certificates', status: 200, ...ended })
    watch.called({ number: 'PA1', endpoint, status: 200, ...ended })
    watch.noticed({ number: 'PA1', endpoint: 'notice TRANSACTION.SUCCESS', status: 204, ...ended })
    expect(measured).toEqual(['GET /v3/certificates', endpoint])
    expect(kept).toEqual([endpoint, 'notice TRANSACTION.SUCCESS'])
  })
})

describe('the alert wechat-refused', () => {
  test('names endpoint, code and remedy, with the error', () => {
    const { refuse, lines } = givenWatch()
    refuse('SIGN_ERROR')
    expect(lines).toMatchObject([
      {
        alarm: 'wechat-refused',
        endpoint: 'POST /v3/pay/transactions/jsapi',
        code: 'SIGN_ERROR',
        remedy: expect.stringContaining('clock'),
        err: { message: 'refused' },
      },
    ])
  })

  test('is raised at once, then once an hour with how many weren’t', () => {
    const { refuse, lines, clock } = givenWatch()
    refuse('NO_AUTH')
    refuse('NO_AUTH')
    clock.ms = HOUR_MS - 1
    refuse('NO_AUTH')
    expect(lines).toHaveLength(1)
    clock.ms = HOUR_MS
    refuse('NO_AUTH')
    expect(lines.map(({ suppressed }) => suppressed)).toEqual([0, 2])
  })

  test('is raised for each endpoint and each code by itself', () => {
    const { refuse, lines } = givenWatch()
    refuse('NO_AUTH')
    refuse('SIGN_ERROR')
    refuse('NO_AUTH', 'POST /v3/refund/domestic/refunds')
    expect(lines).toHaveLength(3)
  })

  test.each(['A_CODE_OF_TOMORROW', '98765', 'HTTP 403', 'undocumented', 'constructor'])(
    'has a remedy for %s',
    (code) => {
      const { refuse, lines } = givenWatch()
      refuse(code)
      expect(lines).toMatchObject([{ remedy: expect.stringMatching(/^\w.{20}/) }])
    },
  )

  test('remembers a bounded number of codes', () => {
    const { refuse, lines } = givenWatch()
    for (let n = 0; n < 2_000; n++) refuse(`CODE_${n}`)
    refuse('CODE_1999')
    expect(lines).toHaveLength(2_000)
    refuse('CODE_0')
    expect(lines).toHaveLength(2_001)
  })
})

describe('the clock', () => {
  test('is compared with WeChat’s Date in the middle between request and response', () => {
    const skews: number[] = []
    const { watch, lines } = givenWatch({ onSkew: ({ seconds }) => void skews.push(seconds) })
    const theirs = Date.parse('2026-06-01T08:00:10.000Z')
    const date = new Date(theirs).toUTCString()
    // Date is cut to whole seconds: on average WeChat's clock is half a second further.
    watch.answered({ api: 'pay', date, sentAtMs: theirs - 2_000, receivedAtMs: theirs + 3_000 })
    watch.answered({ api: 'pay', date: undefined, sentAtMs: 0, receivedAtMs: 0 })
    watch.answered({ api: 'pay', date: 'yesterday', sentAtMs: 0, receivedAtMs: 0 })
    expect(skews).toEqual([0])
    expect(lines).toEqual([])
  })

  test.each([
    [0, 200],
    [0, 401],
    [120, 200],
    [120, 401],
    [-120, 503],
  ])('that is %i s ahead is measured by an answer of %i', async (seconds, status) => {
    const skews: number[] = []
    const { watch, lines } = givenWatch({ onSkew: (skew) => void skews.push(Math.round(skew.seconds)) })
    const { wechat } = await givenWechatPay(() => ({ status, body: '{"code":"X"}', ...skewed(seconds) }), { watch })
    await callPay(wechat, get).catch(() => {})

    expect(skews.length).toBeGreaterThan(0)
    for (const skew of skews) expect(Math.abs(skew - seconds)).toBeLessThan(60)
    const alerts = lines.filter(({ alarm }) => alarm === 'clock')
    expect(alerts).toHaveLength(seconds === 0 ? 0 : 1)
  })

  test('raises its alert once an hour while it is wrong', () => {
    const { watch, lines, clock } = givenWatch()
    const answered = (skewMs: number) =>
      watch.answered({ api: 'pay', date: new Date(0).toUTCString(), sentAtMs: skewMs, receivedAtMs: skewMs })
    answered(60_400)
    expect(lines).toEqual([])
    answered(61_500)
    answered(61_500)
    expect(lines).toMatchObject([{ alarm: 'clock', skewSeconds: 61 }])
    clock.ms = HOUR_MS
    answered(-600_000)
    expect(lines).toHaveLength(2)
  })
})
