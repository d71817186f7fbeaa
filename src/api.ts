import './infra/node-version.ts'
import type { App } from './app.ts'
import { findProxyFault } from './config/proxies.ts'
import type { ConfigOf } from './config.ts'
import type { Console } from './console/console.ts'
import { createGraphqlServer } from './http/graphql/server.ts'
import type { Page } from './http/page.ts'
import { createNoticeRoute } from './http/wechat-notify.ts'
import { FINISH_WITHIN_MS, type Listener, openAppWhenThere, openListener } from './listener.ts'
import { runProcess, type Startup } from './process.ts'

/** What `npm start` serves beside the API. */
export interface Beside {
  /** At `/`. */
  page?: Page
  /** Under `/console`. */
  console?: Console
}

/** Serves GraphQL and notices, and what is beside them. */
export function serveApi({ onStop, log }: Startup, { http, ready }: Listener, app: App, beside: Beside = {}): void {
  const { fault, remedy } = findProxyFault(app.deps.config) ?? {}
  if (fault) log.warn({ remedy: remedy?.en }, `TRUSTED_PROXIES ${fault.en}`)
  const graphql = createGraphqlServer(app.deps, app.guestDatabases)
  // First requests end, then what they use. Sockets and streams have to be closed: they never end by themselves.
  onStop('graphql', async () => {
    await Promise.all([http.close(FINISH_WITHIN_MS), graphql.close(), beside.console?.close()])
  })
  http.serve({ notice: createNoticeRoute(app.deps), graphql, ...beside })
  ready(app)
}

/** `npm run api`. */
async function openApi(startup: Startup<ConfigOf['api']>): Promise<void> {
  const listener = await openListener(startup)
  const app = await openAppWhenThere(startup, startup.config, { role: 'send' })
  serveApi(startup, listener, app)
  startup.say(`The API is ready at ${listener.http.url}/graphql`)
}

if (import.meta.main) await runProcess('api', openApi)
