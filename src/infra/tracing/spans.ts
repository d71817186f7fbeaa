import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type TextMapPropagator,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { DomainError } from '../../errors.ts'

/**
 * Spans of the steps of a payment. Three things are particular to us, and the rest is OpenTelemetry's API:
 *
 * - STORED: a step that finds its payment in the database, maybe hours later and in another process, continues the trace
 *   that is stored with the attempt: as a child of the tap. What it calls itself are its own children.
 * - WAITING: whoever handles a notice knows its trace only once the payment is found. Its span begins before, and gets its
 *   place when something inside continues a trace.
 * - CALLER: what a client says of its own trace is a link, and never a parent. Our API is public: clients would choose which
 *   of our traces are sampled, and could put all of theirs into one.
 */

/** What a span is about: one constant for each step. Nothing in it may be personal. */
export interface Step {
  name: string
  /** INTERNAL by default. */
  kind?: keyof typeof SpanKind
  attributes?: Attributes
}

/** A payment, with the trace that its attempt was made in; none where it was made untraced. */
export interface Traced {
  sn: string
  traceParent: string | null
}

/** A span for each of several payments, about work that is done for them together. */
export interface SpanBatch {
  /** Starts a child of each. */
  startEach(step: Step): SpanBatch
  /** Does what is to be done for one of these payments by itself, inside its span. */
  inside<Result>(sn: string, act: (sn: string) => Result): Result
  /** Ends them, or those of these payments alone; the others are dropped. */
  end(sns?: ReadonlySet<string>): void
}

export type Tracing = ReturnType<typeof createTracing>

/** By which spans are searched for; payments are called so in the log too. */
const PAYMENT_SN = 'looklook.payment.sn'

const CALLER = createContextKey('the span of whoever calls us')
const WAITING = createContextKey('the span that waits for its trace')

/** Gives the waiting span its place and its payment, when it has none yet. @returns the context inside it. */
type Join = (stored: Context | undefined, paymentSn: string) => Context

type Start = (step: Step, parent: Context, options?: SpanOptions) => Span

export function createTracing(tracer: Tracer, propagator: TextMapPropagator) {
  const read = (traceParent: string | null | undefined) => readTrace(propagator, traceParent)
  const start: Start = ({ name, kind = 'INTERNAL', attributes }, parent, options) =>
    tracer.startSpan(
      name,
      { ...options, kind: SpanKind[kind], attributes: { ...attributes, ...options?.attributes } },
      parent,
    )

  return {
    /** Does a step in the trace that goes on here, or in a new one. */
    within<Result>(step: Step, act: () => Result, paymentSn: string): Result {
      const parent = context.active()
      return run(start(step, parent, { attributes: { [PAYMENT_SN]: paymentSn } }), parent, act)
    },
    /** Does a step that a client has asked for: in a new trace, linked with the client's. */
    enter<Result>(step: Step, act: () => Result): Result {
      const parent = context.active()
      const caller = parent.getValue(CALLER) as SpanContext | undefined
      return run(start(step, parent, { root: true, links: caller ? [{ context: caller }] : [] }), parent, act)
    },
    /** Serves whoever has sent this header. */
    calledBy<Result>(traceParent: unknown, act: () => Result): Result {
      const caller = typeof traceParent === 'string' ? read(traceParent) : undefined
      return caller ? context.with(context.active().setValue(CALLER, trace.getSpanContext(caller)), act) : act()
    },
    /** Does a step of a payment, in that one's trace; without a span where it has none. `startTime`: by `performance.now()`. */
    of<Result>(payment: Traced, step: Step, act: () => Result, startTime?: number): Result {
      const parent = findParent(read(payment.traceParent), payment.sn)
      const attributes = { [PAYMENT_SN]: payment.sn }
      return parent ? run(start(step, parent, { startTime, attributes }), parent, act) : act()
    },
    /** Does a step whose trace turns up on its way; a new one where none does. `done`: what is known once it has ended well. */
    receive: <Result>(step: Step, act: () => Promise<Result>, done?: Attributes) => receive(start, { step, done }, act),
    /** Starts a span for each of these payments that has a trace. */
    startEach: (step: Step, payments: Traced[]): SpanBatch => startEach(start, step, findParents(read, payments)),
    ...createHere(propagator),
  }
}

/** What is known, and can be said, of the span that goes on here. */
function createHere(propagator: TextMapPropagator) {
  return {
    /** Notes which payment it is about. */
    notePayment: (sn: string) => void trace.getActiveSpan()?.setAttribute(PAYMENT_SN, sn),
    /** Notes that what it is about has failed. */
    fail: (error: unknown) => markFailed(trace.getActiveSpan(), error),
    /** What continues its trace, to be stored. */
    traceParent(): string | undefined {
      const carrier: Record<string, string> = {}
      propagator.inject(context.active(), carrier, defaultTextMapSetter)
      return carrier['traceparent']
    },
    /** The fields of a log line. */
    logFields: (): object | undefined => {
      const span = trace.getActiveSpan()
      return span && { traceId: span.spanContext().traceId }
    },
  }
}

/** Undefined for what is no `traceparent`. */
function readTrace(propagator: TextMapPropagator, traceParent: string | null | undefined): Context | undefined {
  if (!traceParent) return undefined
  const read = propagator.extract(ROOT_CONTEXT, { traceparent: traceParent }, defaultTextMapGetter)
  return trace.getSpanContext(read) && read
}

/** Where a step continues: here, where this is its trace already; else in the stored one. Undefined without either. */
function findParent(stored: Context | undefined, paymentSn: string): Context | undefined {
  const active = context.active()
  const here = trace.getSpan(active) ? active : (active.getValue(WAITING) as Join | undefined)?.(stored, paymentSn)
  return stored && (!here || traceIdOf(here) !== traceIdOf(stored)) ? stored : here
}

function traceIdOf(of: Context): string | undefined {
  return trace.getSpanContext(of)?.traceId
}

/** Runs `act` inside the span, and ends that when it has ended. */
function run<Result>(span: Span, parent: Context, act: () => Result): Result {
  const fail = (error: unknown) => {
    markFailed(span, error)
    span.end()
  }
  return context.with(trace.setSpan(parent, span), () => {
    try {
      const result = act()
      if (result instanceof Promise) void result.then(() => span.end(), fail)
      else span.end()
      return result
    } catch (error) {
      fail(error)
      throw error
    }
  })
}

async function receive<Result>(
  start: Start,
  { step, done = {} }: { step: Step; done?: Attributes },
  act: () => Promise<Result>,
): Promise<Result> {
  const startTime = performance.now()
  let own: { inside: Context; span: Span } | undefined
  const begin = (stored = ROOT_CONTEXT, attributes = {}) => {
    const span = start(step, stored, { startTime, attributes })
    return { span, inside: trace.setSpan(stored, span) }
  }
  const join: Join = (stored, paymentSn) => (own ??= begin(stored, { [PAYMENT_SN]: paymentSn })).inside
  try {
    const result = await context.with(context.active().setValue(WAITING, join), act)
    own ??= begin()
    own.span.setAttributes(done)
    return result
  } catch (error) {
    own ??= begin()
    markFailed(own.span, error)
    throw error
  } finally {
    own?.span.end()
  }
}

interface Placed {
  sn: string
  parent: Context
}

function findParents(read: (traceParent: string | null) => Context | undefined, payments: Traced[]): Placed[] {
  return payments.flatMap(({ sn, traceParent }) => {
    const parent = findParent(read(traceParent), sn)
    return parent ? [{ sn, parent }] : []
  })
}

function startEach(start: Start, step: Step, payments: Placed[]): SpanBatch {
  const size = { 'looklook.batch.size': payments.length }
  const started = payments.map(({ sn, parent }) => {
    const span = start(step, parent, { attributes: { [PAYMENT_SN]: sn, ...size } })
    return { sn, span, parent: trace.setSpan(parent, span) }
  })
  return {
    startEach: (next) => startEach(start, next, started),
    inside(sn, act) {
      const own = started.find((each) => each.sn === sn)
      return own ? context.with(own.parent, act, undefined, sn) : act(sn)
    },
    end(sns) {
      for (const { sn, span } of started) if (!sns || sns.has(sn)) span.end()
    },
  }
}

/** Without the error's message and stack, which may quote what is personal. An expected failure isn't marked as one. */
function markFailed(span: Span | undefined, error: unknown): void {
  const isExpected = error instanceof DomainError
  const type = isExpected ? error.code : error instanceof Error ? error.constructor.name : typeof error
  span?.setAttribute('error.type', type)
  if (!isExpected) span?.setStatus({ code: SpanStatusCode.ERROR })
}
