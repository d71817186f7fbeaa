import type { RecordedRequest } from './recorded-request.ts'

const KEPT_BYTES = 1 << 20

export interface RequestLog {
  add(request: RecordedRequest): void
  /** Newest first. */
  list(): RecordedRequest[]
}

/** The newest requests, as many as {@link KEPT_BYTES} hold. */
export function openRequestLog(): RequestLog {
  const kept: { request: RecordedRequest; bytes: number }[] = []
  let total = 0
  return {
    add(request) {
      const bytes = Buffer.byteLength(JSON.stringify(request))
      kept.push({ request, bytes })
      total += bytes
      while (total > KEPT_BYTES) total -= kept.shift()?.bytes ?? total
    },
    list: () => kept.map(({ request }) => request).toReversed(),
  }
}
