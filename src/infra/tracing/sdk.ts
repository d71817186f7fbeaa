import { setTimeout as pause } from 'node:timers/promises'
import { context, DiagLogLevel, diag } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { getNumberFromEnv, getStringFromEnv, W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Logger } from 'pino'
import { createSpanProcessor } from './processor.ts'
import { createTracing, type Tracing } from './spans.ts'

/**
 * OpenTelemetry's SDK, of which only this folder knows. It is imported where an endpoint is set, and nowhere else. What the
 * SDK takes from its own `OTEL_` variables, it takes from there: where and how spans are exported, which are sampled, what the
 * process is called.
 */

/** A collector that is away, or hangs, holds up no stop. */
const CLOSE_WITHIN_MS = 2_000

export function startTracing(role: string, log: Logger): { tracing: Tracing; close(): Promise<void> } {
  // What it finds wrong about its variables. Afterwards it would say each batch that fails: see processor.ts.
  const say = (message: string, ...details: unknown[]) => log.warn({ details }, `tracing: ${message}`)
  const sayings = { error: say, warn: say, info: ignore, debug: ignore, verbose: ignore }
  diag.setLogger(sayings, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  const name = role === 'start' ? 'looklook-pay' : `looklook-pay-${role}`
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': name }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: readSampler(say),
    spanProcessors: [createSpanProcessor(new OTLPTraceExporter(), log)],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  diag.disable()
  return {
    tracing: createTracing(provider.getTracer('looklook-pay'), new W3CTraceContextPropagator()),
    async close() {
      const timer = new AbortController()
      // What can't be exported is counted as lost, and said.
      const ended = provider.shutdown().catch(() => {})
      await Promise.race([ended, pause(CLOSE_WITHIN_MS, undefined, { signal: timer.signal }).catch(() => {})])
      timer.abort()
    },
  }
}

function ignore(): void {}

/** By `OTEL_TRACES_SAMPLER` and its argument; every trace by default. A payment's later steps go by what its tap has decided. */
function readSampler(say: (message: string) => void): Sampler {
  const byRatio = new TraceIdRatioBasedSampler(getNumberFromEnv('OTEL_TRACES_SAMPLER_ARG') ?? 1)
  const byDefault = new ParentBasedSampler({ root: new AlwaysOnSampler() })
  const samplers = new Map<string, Sampler>([
    ['always_on', new AlwaysOnSampler()],
    ['always_off', new AlwaysOffSampler()],
    ['traceidratio', byRatio],
    ['parentbased_always_on', byDefault],
    ['parentbased_always_off', new ParentBasedSampler({ root: new AlwaysOffSampler() })],
    ['parentbased_traceidratio', new ParentBasedSampler({ root: byRatio })],
  ])
  const name = getStringFromEnv('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on'
  const sampler = samplers.get(name)
  if (!sampler) say(`OTEL_TRACES_SAMPLER is none of ${[...samplers.keys()].join(', ')}; every trace is sampled`)
  return sampler ?? byDefault
}
