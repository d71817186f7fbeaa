import { type App, type AppOptions, openApp } from './app.ts'
import type { AppConfig } from './config.ts'
import { createHealthRoutes } from './http/health.ts'
import { openMetricsServer } from './http/metrics-server.ts'
import { type HttpServer, openHttpServer } from './http/server.ts'
import { measureProcess, openMetrics } from './infra/metrics.ts'
import { type WorkerWatch, watchWorkers } from './infra/worker-rows.ts'
import type { Startup } from './process.ts'

/** How long requests in progress may take once the process stops. */
export const FINISH_WITHIN_MS = 6_000

export interface Listener {
  http: HttpServer
  /** Makes `/readyz` report on this app from here on. */
  ready: (app: App) => void
  /** The URL of the database, which `/readyz` checks, once it is known. */
  databaseAt: (url: string) => void
}

/** Listens, and serves the health routes; everything else is answered 503 until `http.serve` is called. */
export async function openListener({ config, log, stopping, onStop }: Startup): Promise<Listener> {
  let app: App | undefined
  let workers: WorkerWatch | undefined
  let databaseUrl = config.databaseUrl
  const early = openMetrics()
  measureProcess(early)
  const metrics = async () => {
    const registry = app?.deps.metrics.registry ?? early.registry
    return { contentType: registry.contentType, text: await registry.metrics() }
  }
  const health = createHealthRoutes({
    databaseUrl: () => databaseUrl,
    isPooled: !config.preparedStatements,
    database: () => app?.deps.db,
    pubsub: () => app?.deps.pubsub,
    workerSeen: () => workers?.seen(),
    state: () => (stopping.aborted ? 'stopping' : app ? 'serving' : 'starting'),
    metrics: config.metrics ? undefined : metrics,
    log,
  })
  onStop('readiness', () => health.close())
  const http = await openHttpServer({
    ...config.server,
    config,
    health,
    metrics: () => app?.deps.metrics ?? early,
    log,
  })
  onStop('http', () => http.close(FINISH_WITHIN_MS))
  stopping.addEventListener('abort', () => http.refuse())
  if (config.metrics) onStop('metrics', await openMetricsServer(config.metrics, { metrics, log }))
  return {
    http,
    ready: (opened) => {
      app = opened
      workers = watchWorkers({ ...opened.deps, db: opened.deps.settleDb })
      onStop('worker watch', workers.stop)
    },
    databaseAt: (url) => {
      databaseUrl = url
    },
  }
}

/** Opens the app as soon as its servers can be reached and the database is migrated. */
export async function openAppWhenThere(
  startup: Startup,
  config: AppConfig,
  options: Omit<AppOptions, 'log'>,
): Promise<App> {
  const app = await startup.whenThere(() => openApp(config, { log: startup.log, ...options }))
  measureProcess(app.deps.metrics)
  startup.onStop('app', () => app.close())
  return app
}
