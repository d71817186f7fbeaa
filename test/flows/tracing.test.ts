import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { seed } from '../../prisma/seed.ts'
import { openDatabase } from '../../src/infra/database.ts'
import { openCollector } from '../harness/collector.ts'
import {
  confirm,
  type Deployment,
  deploy,
  type Purchase,
  purchase,
  stateOf,
  whenOrderIs,
} from '../harness/deployment.ts'

const HOMESTAY = 'demo-homestay-01'

/** As a hostile client would have it: sampled, and of a trace that it has chosen. */
const HOSTILE_TRACE = 'a'.repeat(32)
const TRACE_PARENTS = [
  `00-${HOSTILE_TRACE}-${'b'.repeat(16)}-01`,
  `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`,
  `ff-${HOSTILE_TRACE}-${'b'.repeat(16)}-ff`,
  `00-${HOSTILE_TRACE}-${'b'.repeat(16)}-01-${'c'.repeat(4_000)}`,
  'x'.repeat(4_000),
]

/** The statuses that the guest's socket received. */
function watch(url: string, { accessToken, params }: Purchase): string[] {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${accessToken}` },
  })
  onTestFinished(async () => client.dispose())
  const seen: string[] = []
  client.subscribe<{ paymentStatusChanged: { status: string } }>(
    {
      query: 'subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { status } }',
      variables: { sn: params.paymentSn },
    },
    {
      next: ({ data }) => void seen.push(data?.paymentStatusChanged.status ?? 'nothing'),
      error: (error) => void seen.push(`error ${JSON.stringify(error)}`),
      complete: () => {},
    },
  )
  return seen
}

/** Taps "pay" once more. */
async function tapFrom(url: string, { accessToken, orderSn }: Purchase, traceparent: string): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}`, traceparent },
    body: JSON.stringify({
      query: 'mutation Tap ($sn: ID!) { wxPay(input: { orderSn: $sn }) { ... on WxPayParams { paymentSn } } }',
      variables: { sn: orderSn },
    }),
  })
  return response.json()
}

/** The lines of a log with these words, as objects. */
function linesWith(words: string, log: string): Record<string, unknown>[] {
  const lines = log.split('\n').filter((line) => line.includes(words))
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('the trace of a purchase over two API processes and a worker', { skip: inject('redisUrl') === null }, () => {
  const ends: (() => Promise<void>)[] = []
  let deployment: Deployment
  beforeAll(async () => {
    // Nothing but what is played here queries WeChat.
    const settings = { OTEL_BSP_SCHEDULE_DELAY: '50', PAYMENT_RECHECK_SECONDS: '3600', RATE_LIMIT_FACTOR: '100' }
    deployment = await deploy(settings, (end) => void ends.push(end))
    const db = openDatabase(deployment.databaseUrl)
    await seed(db)
    await db.$disconnect()
  })
  afterAll(async () => {
    for (const end of ends.toReversed()) await end()
  })

  test('goes from the tap to the push, is named in the logs, and says nothing personal', async () => {
    const collector = await openCollector()
    const { sandbox, startApi, startWorker } = deployment
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
    const [first, second, worker] = await Promise.all([startApi(endpoint), startApi(endpoint), startWorker(endpoint)])
    const guest = await purchase(first.url, 'o_traced_guest', HOMESTAY, 20)
    const seen = watch(second.url, guest)
    await expect.poll(() => seen).toEqual(['PENDING'])

    const tapped = { data: { wxPay: { paymentSn: guest.params.paymentSn } } }
    for (const traceParent of TRACE_PARENTS) expect(await tapFrom(first.url, guest, traceParent)).toEqual(tapped)
    sandbox.faults.add({ endpoint: 'subscribe-message', kind: 'errcode', errcode: 47003, times: 1 })
    await confirm(sandbox, guest)
    await expect.poll(() => seen).toEqual(['PENDING', 'SUCCESS'])
    await whenOrderIs('WAIT_USE', second.url, guest)

    const [opened] = linesWith('payment opened', first.process.output())
    const traceId = String(opened?.['traceId'])
    await expect
      .poll(() => collector.tree(traceId))
      .toEqual([
        'mutation wxPay, looklook-pay-api',
        '  POST /cgi-bin/message/subscribe/send, looklook-pay-worker',
        '  POST /cgi-bin/message/subscribe/send, looklook-pay-worker',
        '  POST /v3/pay/transactions/jsapi, looklook-pay-api',
        '  POST /wechat/pay/notify, looklook-pay-api',
        '    settle, looklook-pay-api',
        '  push, looklook-pay-api',
        '  relay, looklook-pay-worker',
        '    apply, looklook-pay-worker',
      ])
    const spans = collector.spans.filter((span) => span.traceId === traceId)
    for (const { attributes, name } of spans)
      expect(attributes, `of ${name}`).toMatchObject({ 'looklook.payment.sn': guest.params.paymentSn })
    expect(spans.filter(({ status }) => status.code === 2).map(({ attributes }) => attributes['error.type'])).toEqual([
      'MiniProgramError',
    ])
    for (const [words, log] of [
      ['payment settled', first.process.output()],
      ['message kept until its template or a setting is mended', worker.output()],
    ] as const)
      expect(linesWith(words, log), `lines with ${words}`).toEqual([expect.objectContaining({ traceId })])

    // Each later tap is a trace of its own, and one of them knows its caller's.
    const taps = () => collector.spans.filter(({ name, traceId: id }) => name === 'mutation wxPay' && id !== traceId)
    await expect.poll(() => taps().length).toBe(TRACE_PARENTS.length)
    expect(new Set(taps().map(({ traceId: id }) => id)).size).toBe(TRACE_PARENTS.length)
    expect(taps().flatMap(({ links }) => links)).toEqual([expect.objectContaining({ traceId: HOSTILE_TRACE })])
    expect(
      collector.spans.filter(
        ({ traceId: id, parentSpanId }) => id === HOSTILE_TRACE || parentSpanId === 'b'.repeat(16),
      ),
    ).toEqual([])

    const { tradeCode } = await stateOf(first.url, guest)
    const text = collector.text()
    for (const [name, secret] of Object.entries({
      'an openid': 'o_traced_guest',
      'a phone number': '13800000020',
      'a session token': guest.accessToken.split('.')[2],
      'a signature': guest.params.paySign,
      'a prepay id': guest.params.package.slice('prepay_id='.length),
      'an entry code': tradeCode,
    }))
      expect.soft(text.includes(secret ?? ''), `${name} is in a span`).toBe(false)
  })

  test('is lost while the collector hangs: that is said once, and neither taps nor the stop wait for it', async () => {
    const collector = await openCollector()
    collector.isHung = true
    const { url, process } = await deployment.startApi({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
      OTEL_BSP_MAX_QUEUE_SIZE: '2',
    })
    const guest = await purchase(url, 'o_untraced_guest', HOMESTAY, 30)
    const tapped = { data: { wxPay: { paymentSn: guest.params.paymentSn } } }
    const tapAndLook = async <Value>(look: () => Value) => {
      expect(await tapFrom(url, guest, '')).toEqual(tapped)
      return look()
    }
    const unhurried = { interval: 100 }
    // More than the queue holds, and more than one export.
    await expect.poll(() => tapAndLook(collector.calls), unhurried).toBeGreaterThan(2)
    expect(linesWith('traces not exported', process.output())).toHaveLength(1)

    collector.isHung = false
    await expect.poll(() => tapAndLook(process.output), unhurried).toContain('traces exported again')
    const [again] = linesWith('traces exported again', process.output())
    expect(again?.['lost']).toBeGreaterThan(2)

    const calls = collector.calls()
    collector.isHung = true
    await expect.poll(() => tapAndLook(collector.calls), unhurried).toBeGreaterThan(calls)
    process.signal('SIGTERM')
    expect(await process.ended).toEqual({ code: 0, signal: null })
    expect(process.output()).not.toContain('stop timed out')
  })
})
