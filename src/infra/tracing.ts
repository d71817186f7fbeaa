import type { Logger } from 'pino'
import { loadOptional } from './optional-package.ts'
import type { Tracing } from './tracing/spans.ts'

/**
 * Traces, by OpenTelemetry (docs/tracing.md). Undefined, and nothing of OpenTelemetry loaded, unless
 * `OTEL_EXPORTER_OTLP_ENDPOINT` is set: then a step of a payment costs whoever looks here nothing more.
 */
export let tracing: Tracing | undefined

/**
 * Turns tracing on in this process.
 *
 * @param role of the process, by which its spans are told from those of others.
 * @returns what exports the spans that are left, soon, and turns it off.
 * @throws {MissingPackageError} where OpenTelemetry isn't installed, which few deployments need.
 */
export async function openTracing(role: string, log: Logger): Promise<() => Promise<void>> {
  const { startTracing } = await loadOptional(
    '@opentelemetry',
    () => import('./tracing/sdk.ts'),
    'OTEL_EXPORTER_OTLP_ENDPOINT is set, and OpenTelemetry not installed: deploy/add-optional.sh @opentelemetry adds it.',
  )
  const started = startTracing(role, log)
  tracing = started.tracing
  return async () => {
    tracing = undefined
    await started.close()
  }
}
