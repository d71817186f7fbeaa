import { onTestFinished } from 'vitest'
import { createGraphqlServer } from '../../src/http/graphql/server.ts'
import { createHealthRoutes } from '../../src/http/health.ts'
import { openHttpServer } from '../../src/http/server.ts'
import { createNoticeRoute } from '../../src/http/wechat-notify.ts'
import type { TestApp } from './app.ts'

export interface TestHttpServer {
  /** Without a path. */
  url: string
  /** Stops gracefully, as a process does. */
  close(): Promise<void>
}

/** The API's HTTP server with all of its routes, closed when the test ends. */
export async function openTestHttpServer({ deps }: Pick<TestApp, 'deps'>): Promise<TestHttpServer> {
  const health = createHealthRoutes({
    databaseUrl: () => deps.config.databaseUrl,
    pubsub: () => deps.pubsub,
    isPooled: false,
    database: () => deps.db,
    workerSeen: () => true,
    state: () => 'serving',
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
    log: deps.log,
  })
  const { config, log, metrics } = deps
  const listen = { host: '127.0.0.1', port: 0, config, health, metrics: () => metrics, log }
  const http = await openHttpServer(listen)
  const graphql = createGraphqlServer(deps)
  http.serve({ notice: createNoticeRoute(deps), graphql })
  let closed: Promise<unknown> | undefined
  const close = async () => {
    closed ??= Promise.all([http.close(1_000), graphql.close(), health.close()])
    await closed
  }
  onTestFinished(close)
  return { url: http.url, close }
}
