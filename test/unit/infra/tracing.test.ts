import { context, SpanStatusCode } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTracing } from '../../../src/infra/tracing/spans.ts'
import { OrderAlreadyPaidError } from '../../../src/payment/errors.ts'

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterAll(() => context.disable())

const TRACE = 'a'.repeat(32)
const SAMPLED = `00-${TRACE}-${'b'.repeat(16)}-01`
const UNSAMPLED = SAMPLED.replace(/1$/, '0')

/** Tracing that samples so many of the traces that begin here, and what it exports. */
function givenTracing(ratio: number) {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  })
  const exported = () =>
    exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      traceId: span.spanContext().traceId,
      spanId: span.spanContext().spanId,
      parent: span.parentSpanContext?.spanId,
      links: span.links.map((link) => link.context.traceId),
      attributes: span.attributes,
      isError: span.status.code === SpanStatusCode.ERROR,
      events: span.events,
    }))
  return { tracing: createTracing(provider.getTracer('test'), new W3CTraceContextPropagator()), exported }
}

const step = (name: string) => ({ name })
const payment = (traceParent: string | null) => ({ sn: 'PA1', traceParent })

describe('a step that a client asks for', () => {
  test('begins a trace of its own, whatever trace the client says that it is in', () => {
    const { tracing, exported } = givenTracing(1)
    tracing.calledBy(SAMPLED, () => tracing.enter(step('tap'), () => {}))
    tracing.calledBy(['00', SAMPLED], () => tracing.enter(step('tap'), () => {}))
    tracing.calledBy(`${SAMPLED}, ${SAMPLED}`, () => tracing.enter(step('tap'), () => {}))
    expect(exported()).toMatchObject([{ links: [TRACE] }, { links: [] }, { links: [] }])
    for (const { traceId, parent } of exported()) expect([traceId === TRACE, parent]).toEqual([false, undefined])
  })

  test('isn’t sampled because the client says so', () => {
    const { tracing, exported } = givenTracing(0)
    const stored = tracing.calledBy(SAMPLED, () => tracing.enter(step('tap'), tracing.traceParent))
    tracing.of(payment(stored ?? null), step('settle'), () => {})
    expect([stored?.endsWith('-00'), exported()]).toEqual([true, []])
  })

  test('isn’t marked as failed by what is expected, and quotes no error', async () => {
    const { tracing, exported } = givenTracing(1)
    const failing = (error: Error) => tracing.enter(step('tap'), () => Promise.reject(error))
    const errors = [new OrderAlreadyPaidError('PA1', { underReview: false }), new RangeError('openid o_guest')]
    for (const error of errors) await expect(failing(error)).rejects.toBe(error)
    expect(exported()).toMatchObject([
      { isError: false, attributes: { 'error.type': 'ORDER_ALREADY_PAID' }, events: [] },
      { isError: true, attributes: { 'error.type': 'RangeError' }, events: [] },
    ])
    expect(JSON.stringify(exported())).not.toContain('o_guest')
  })
})

describe('a step of a payment', () => {
  test('continues the trace of its attempt, as that was sampled', () => {
    const { tracing, exported } = givenTracing(0)
    tracing.of(payment(SAMPLED), step('apply'), () => {})
    tracing.of(payment(UNSAMPLED), step('apply'), () => {})
    expect(exported()).toMatchObject([
      { traceId: TRACE, parent: 'b'.repeat(16), attributes: { 'looklook.payment.sn': 'PA1' } },
    ])
  })

  test.for([null, '', 'nonsense', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`])(
    'is done without a span where the attempt has no trace: %s',
    (stored) => {
      const { tracing, exported } = givenTracing(1)
      expect(tracing.of(payment(stored), step('apply'), () => 'done')).toBe('done')
      tracing.startEach(step('relay'), [payment(stored)]).end()
      expect(exported()).toEqual([])
    },
  )

  test('done with others has a span in the trace of each, and what fails to be done has none', () => {
    const { tracing, exported } = givenTracing(1)
    const others = { sn: 'PA2', traceParent: SAMPLED.replaceAll('a', 'c') }
    const relayed = tracing.startEach(step('relay'), [payment(SAMPLED), others, payment(null)])
    relayed.startEach(step('apply')).end(new Set(['PA2']))
    relayed.end()
    expect(exported().map(({ name, traceId }) => `${name} ${traceId[0]}`)).toEqual(['apply c', 'relay a', 'relay c'])
  })

  test('done by itself after all is inside the span of its job', () => {
    const { tracing, exported } = givenTracing(1)
    const jobs = tracing.startEach(step('job'), [payment(SAMPLED)])
    for (const sn of ['PA1', 'PA2']) jobs.inside(sn, () => tracing.of(payment(SAMPLED), step(`apply ${sn}`), () => {}))
    jobs.end()
    const [inside, outside, job] = exported()
    expect(job).toMatchObject({ name: 'job', parent: 'b'.repeat(16), attributes: { 'looklook.batch.size': 1 } })
    expect([inside?.name, inside?.parent]).toEqual(['apply PA1', job?.spanId])
    expect([outside?.name, outside?.parent]).toEqual(['apply PA2', 'b'.repeat(16)])
  })
})

describe('a notice', () => {
  test('joins the trace of the attempt that is found while it is handled', async () => {
    const { tracing, exported } = givenTracing(1)
    const settle = async () => tracing.of(payment(SAMPLED), step('settle'), tracing.logFields)
    const logged = await tracing.receive(step('notice'), settle, { status: 204 })
    expect(logged).toEqual({ traceId: TRACE })
    const [settled, notice] = exported()
    expect(notice).toMatchObject({
      name: 'notice',
      traceId: TRACE,
      parent: 'b'.repeat(16),
      attributes: { status: 204 },
    })
    expect(settled).toMatchObject({ name: 'settle', traceId: TRACE })
  })

  test('that finds none is a trace of its own, failed or not', async () => {
    const { tracing, exported } = givenTracing(1)
    await tracing.receive(step('complaint'), async () => tracing.of(payment(null), step('settle'), () => {}))
    await expect(tracing.receive(step('lost'), () => Promise.reject(new Error('away')))).rejects.toThrow('away')
    expect(exported()).toMatchObject([
      { name: 'settle' },
      { name: 'complaint', parent: undefined, isError: false },
      { name: 'lost', parent: undefined, isError: true },
    ])
  })
})
