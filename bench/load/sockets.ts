/** A load generator: thousands of clients that watch a payment each, and WeChat's notices about some of them. */
import type { HttpRequest } from '../notices.ts'
import { type Connection, encodeRequest, openConnection } from './connection.ts'
import { eachOf, serveJobs } from './generator.ts'
import { openWatcher, type Transport, type Watch, type Watcher } from './watcher.ts'

export type SocketsJob =
  | { kind: 'open'; url: string; transport: Transport; watches: Watch[]; together: number }
  | { kind: 'push'; url: string; notices: { sn: string; request: HttpRequest }[] }
  | { kind: 'close' }

export interface SocketsResult {
  /** Of watchers that got their first state. */
  perSecond: number
  /** Milliseconds from sending a notice to the push about it. */
  latencies: number[]
}

const PUSH_WITHIN_MS = 10_000
const watchers = new Map<string, Watcher>()

serveJobs(async (job: SocketsJob): Promise<SocketsResult> => {
  switch (job.kind) {
    case 'open':
      return { perSecond: await open(job), latencies: [] }
    case 'push':
      return { perSecond: 0, latencies: await push(job) }
    case 'close':
      for (const watcher of watchers.values()) watcher.close()
      watchers.clear()
      return { perSecond: 0, latencies: [] }
  }
})

async function open({ url, transport, watches, together }: Extract<SocketsJob, { kind: 'open' }>): Promise<number> {
  const startedAt = performance.now()
  await eachOf(watches, together, async (watch) => {
    const watcher = await openWatcher(url, transport, watch)
    watchers.set(watch.sn, watcher)
  })
  return watches.length / ((performance.now() - startedAt) / 1000)
}

/** One notice after the other, so that none waits for another. */
async function push({ url, notices }: Extract<SocketsJob, { kind: 'push' }>): Promise<number[]> {
  const connection: Connection = await openConnection(url)
  const latencies: number[] = []
  for (const { sn, request } of notices) {
    const bytes = encodeRequest(url, request)
    const pushed = watchers.get(sn)?.next(PUSH_WITHIN_MS)
    const startedAt = performance.now()
    const [at, answer] = await Promise.all([pushed, connection.send(bytes)])
    if (answer.status !== 204 || at === undefined)
      throw new Error(`no push about ${sn}: ${answer.status} ${answer.body}`)
    latencies.push(at - startedAt)
  }
  connection.close()
  return latencies
}
