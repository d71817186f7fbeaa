import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DashboardHandler } from '@pg-boss/dashboard/handler'
import type { AppConfig } from '../config.ts'
import { refuseOtherThanGet, sendJson } from '../http/json.ts'
import { loadOptional, MissingPackageError } from '../infra/optional-package.ts'
import type { Language } from '../texts.ts'
import { consoleTexts } from './texts.ts'

/** pg-boss' own dashboard, read-only: it shows the queues, and decides nothing about them. */
export interface JobsDashboard {
  /** Answers 501 where its package isn't installed, which only some deployments need. */
  answer(request: IncomingMessage, response: ServerResponse, language: Language): Promise<void>
  close(): Promise<void>
}

/** The dashboard takes its web framework along, so it is loaded when somebody looks at it. */
export function createJobsDashboard(
  { databaseDirectUrl, databaseUrl }: Pick<AppConfig, 'databaseDirectUrl' | 'databaseUrl'>,
  { path }: { path: string },
): JobsDashboard {
  let loading: Promise<DashboardHandler> | undefined
  const load = async () => {
    // The only way to tell it: it shows no buttons then, and takes nothing but GET.
    process.env['PGBOSS_DASHBOARD_READ_ONLY'] = '1'
    const { createDashboardHandler } = await loadOptional(
      '@pg-boss/dashboard',
      () => import('@pg-boss/dashboard/handler'),
      consoleTexts.noDashboard.en,
    )
    return createDashboardHandler({
      databases: [{ url: readOnlyUrl(databaseDirectUrl ?? databaseUrl) }],
      basePath: path,
    })
  }
  const open = () => {
    const opening = (loading ??= load())
    // Whoever waits for it hears of it; the next one tries anew.
    opening.catch(() => {
      if (loading === opening) loading = undefined
    })
    return opening
  }
  return {
    answer: async (request, response, language) => {
      if (refuseOtherThanGet(request, response)) return
      const handle = await open().catch((error: unknown) => {
        if (error instanceof MissingPackageError) return undefined
        throw error
      })
      if (!handle) return sendJson(response, 501, { message: consoleTexts.noDashboard[language] })
      const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
      // Of the headers it gets what it answers differently for; a cookie of ours isn't among them.
      const accept = request.headers.accept ?? '*/*'
      const answer = await handle(new Request(url, { method: request.method, headers: { accept } }))
      await send(response, answer, sourcesOf(url.host, path))
    },
    close: async () => {
      const handle = await loading?.catch(() => undefined)
      await handle?.close()
    },
  }
}

/** Of connections by which nothing can be written: the database refuses whatever gets past the dashboard. */
export function readOnlyUrl(databaseUrl: string): string {
  const url = new URL(databaseUrl)
  url.searchParams.set('options', '-c default_transaction_read_only=on')
  url.searchParams.set('application_name', 'looklook-pay dashboard')
  return url.href
}

/** @param from what its pages may fetch. */
async function send(response: ServerResponse, answer: Response, from: string): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer())
  response.setHeaders(answer.headers)
  const isPage = answer.headers.get('content-type')?.startsWith('text/html') === true
  response.setHeader('content-security-policy', policy(isPage ? body.toString() : '', from))
  response.writeHead(answer.status)
  response.end(body)
}

/** What its pages may fetch: what is below `path`, and the data of that itself. A policy has no words for an address of IPv6. */
function sourcesOf(host: string, path: string): string {
  return host.startsWith('[') ? `'self'` : `${host}${path}/ ${host}${path}.data`
}

/**
 * Its pages carry scripts of their own, each of which is named by its hash; another one isn't run. They fetch nothing else of
 * the console's: a script of a package's must not act for who is signed in.
 */
function policy(page: string, from: string): string {
  const scripts = [...page.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, script = '']) => script,
  )
  const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`)
  return [
    `default-src 'none'`,
    `script-src 'self' ${hashes.join(' ')}`,
    // It sets styles by attributes.
    `style-src 'self' 'unsafe-inline'`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `connect-src ${from}`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ')
}
