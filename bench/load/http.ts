/** A load generator: sends prepared requests over kept connections, each connection one after the other. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpRequest } from '../notices.ts'
import { type Connection, encodeRequest, openConnection } from './connection.ts'
import { eachOf, serveJobs } from './generator.ts'

/** A server that is busy says 503, or 500 to a notice, and wants to be asked again. */
const BUSY_MS = 100

export interface HttpJob {
  url: string
  connections: number
  requests: HttpRequest[]
  /** What every answer must have. */
  expect: { status: number; text?: string }
}

export interface HttpResult {
  perSecond: number
  /** Milliseconds. */
  p50: number
  p99: number
}

serveJobs(async ({ url, connections, requests, expect }: HttpJob): Promise<HttpResult> => {
  const encoded = requests.map((request) => encodeRequest(url, request))
  const opened = await Promise.all(Array.from({ length: connections }, () => openConnection(url)))
  const latencies: number[] = []
  let busy = 0
  const call = async (request: Buffer, runner: number): Promise<void> => {
    const startedAt = performance.now()
    for (;;) {
      const { status, body } = await (opened[runner] as Connection).send(request)
      if (status === expect.status && (expect.text === undefined || body.includes(expect.text))) break
      busy += 1
      if (status < 500 || busy > requests.length) {
        throw new Error(`${url} answered ${status} ${body.slice(0, 1_000)} to ${request.toString('utf8', 0, 2_000)}`)
      }
      await sleep(BUSY_MS)
    }
    latencies.push(performance.now() - startedAt)
  }
  const startedAt = performance.now()
  await eachOf(encoded, connections, call)
  const seconds = (performance.now() - startedAt) / 1000
  for (const connection of opened) connection.close()
  if (busy > 0)
    process.stderr.write(`${busy} of ${requests.length} requests were refused as too many, and sent again\n`)
  const sorted = latencies.toSorted((a, b) => a - b)
  const quantile = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  return { perSecond: requests.length / seconds, p50: quantile(0.5), p99: quantile(0.99) }
})
