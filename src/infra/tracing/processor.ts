import { ExportResultCode, getNumberFromEnv } from '@opentelemetry/core'
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace'
import type { Logger } from 'pino'

/** The SDK's own default. */
const MAX_WAITING = 2_048

/**
 * The SDK's processor, which exports spans in batches, in the background, and drops what its queue has no place for. It is said
 * when spans are lost, once until they are exported again.
 */
export function createSpanProcessor(exporter: SpanExporter, log: Logger): BatchSpanProcessor {
  const losses = createLosses(log)
  const maxQueueSize = getNumberFromEnv('OTEL_BSP_MAX_QUEUE_SIZE') ?? MAX_WAITING
  let waiting = 0

  class CountingProcessor extends BatchSpanProcessor {
    /** What the SDK would drop in silence is counted. */
    override onEnd(span: ReadableSpan): void {
      if (waiting >= maxQueueSize) return losses.lost(1)
      waiting += 1
      super.onEnd(span)
    }
  }

  const counting: SpanExporter = {
    export(spans, done) {
      waiting -= spans.length
      exporter.export(spans, (result) => {
        if (result.code === ExportResultCode.SUCCESS) losses.exported()
        else losses.lost(spans.length, result.error)
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
  return new CountingProcessor({
    exporter: counting,
    maxQueueSize,
    maxExportBatchSize: getNumberFromEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
    scheduledDelayMillis: getNumberFromEnv('OTEL_BSP_SCHEDULE_DELAY'),
    exportTimeoutMillis: getNumberFromEnv('OTEL_BSP_EXPORT_TIMEOUT'),
  })
}

/** Says that spans are lost, once until two exports in a row have succeeded and none was lost between them. */
function createLosses(log: Logger) {
  let lost = 0
  let isSaid = false
  let isQuiet = true
  return {
    /** @param err why an export failed; there is none where the queue was full. */
    lost(count: number, err?: Error): void {
      lost += count
      isQuiet = false
      if (isSaid) return
      isSaid = true
      const reason = err ? 'an export failed' : 'the queue is full'
      log.warn({ err, reason }, 'traces not exported, their spans are lost until the collector is back')
    },
    exported(): void {
      if (isSaid && isQuiet) {
        log.info({ lost }, 'traces exported again')
        lost = 0
        isSaid = false
      }
      isQuiet = true
    },
  }
}
