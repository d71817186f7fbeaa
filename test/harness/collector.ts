import { createServer, type IncomingMessage } from 'node:http'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { listen } from './listen.ts'

/** A value of OTLP: what our attributes are. */
const Value = z
  .object({ stringValue: z.string(), intValue: z.union([z.string(), z.number()]) })
  .partial()
  .transform(({ stringValue, intValue }) => stringValue ?? Number(intValue))
const Attributes = z
  .array(z.object({ key: z.string(), value: Value }))
  .transform((all) => Object.fromEntries(all.map(({ key, value }) => [key, value])))

/** As OTLP's JSON has it: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
const Span = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z.string().optional(),
  name: z.string(),
  attributes: Attributes,
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
  status: z.object({ code: z.number().optional() }),
})
const Export = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: Attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(Span) })),
    }),
  ),
})

type CollectedSpan = z.infer<typeof Span> & { service: unknown }

export interface Collector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  url: string
  /** What has come, in the order of its coming. */
  spans: CollectedSpan[]
  /** Everything that has come, as it came. */
  text(): string
  /** How often it was called. */
  calls(): number
  /** Whether it takes connections, and answers nothing. */
  isHung: boolean
  /** A trace, a line for each span, those that a span has caused below it, by their names. */
  tree(traceId: string | undefined): string[]
}

/** A collector of traces, which keeps what it gets by OTLP over HTTP. */
export async function openCollector(): Promise<Collector> {
  const bodies: string[] = []
  let calls = 0
  const server = createServer((request, response) => {
    calls += 1
    if (collector.isHung) return
    void read(request).then((body) => {
      bodies.push(body)
      collector.spans.push(...spansIn(body))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  const collector: Collector = {
    url: `http://127.0.0.1:${await listen(server)}`,
    spans: [],
    text: () => bodies.join('\n'),
    calls: () => calls,
    isHung: false,
    tree: (traceId) =>
      linesBelow(
        collector.spans.filter((span) => span.traceId === traceId),
        undefined,
      ),
  }
  onTestFinished(() => server.close().closeAllConnections())
  return collector
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function spansIn(body: string): CollectedSpan[] {
  return Export.parse(JSON.parse(body)).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service: resource.attributes['service.name'] }))),
  )
}

function linesBelow(spans: CollectedSpan[], parent: string | undefined, indent = ''): string[] {
  return spans
    .filter(({ parentSpanId }) => (parentSpanId || undefined) === parent)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, service, spanId }) => [
      `${indent}${name}, ${String(service)}`,
      ...linesBelow(spans, spanId, `${indent}  `),
    ])
}
