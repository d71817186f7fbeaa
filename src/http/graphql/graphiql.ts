import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { createGunzip, gzip } from 'node:zlib'
import type { Logger } from 'pino'
import { loadOptional, MissingPackageError } from '../../infra/optional-package.ts'
import { sendJson } from '../json.ts'

const TITLE = 'looklook-pay'

/** GraphiQL as it is sent: compressed, for it is 9 MB of script. */
interface Page {
  gzipped: Buffer
  etag: string
  policy: string
}

/** Whether the request is a browser's that opens the endpoint as a page. */
export function wantsGraphiql({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html')
}

/** Serves GraphiQL, which is loaded for its first visitor. */
export function createGraphiql(log: Logger): (request: IncomingMessage, response: ServerResponse) => void {
  let loading: Promise<Page> | undefined
  return (request, response) => {
    loading ??= loadPage()
    loading
      .then((page) => send(page, request, response))
      .catch((error: unknown) => {
        if (error instanceof MissingPackageError) return sendJson(response, 501, { message: error.message })
        log.error({ err: error }, 'GraphiQL could not be served')
        response.destroy()
      })
  }
}

function send({ gzipped, etag, policy }: Page, request: IncomingMessage, response: ServerResponse): void {
  response.setHeaders(
    new Map([
      ['cache-control', 'no-cache'],
      ['content-security-policy', policy],
      ['etag', etag],
      ['referrer-policy', 'no-referrer'],
      ['vary', 'Accept, Accept-Encoding'],
    ]),
  )
  if (request.headers['if-none-match']?.includes(etag)) {
    response.writeHead(304).end()
    return
  }
  response.setHeader('content-type', 'text/html; charset=utf-8')
  if (/\bgzip\b/.test(String(request.headers['accept-encoding']))) {
    response.setHeader('content-encoding', 'gzip').setHeader('content-length', gzipped.length).end(gzipped)
  } else {
    const page = createGunzip()
    page.pipe(response)
    page.end(gzipped)
  }
}

async function loadPage(): Promise<Page> {
  // Bundled: the stock page loads its scripts from a CDN that isn't reachable everywhere.
  const { renderGraphiQL } = await loadOptional(
    '@graphql-yoga/render-graphiql',
    () => import('@graphql-yoga/render-graphiql'),
    'GraphiQL is for development, and not installed with what production needs.',
  )
  const html = renderGraphiQL({ title: TITLE })
  const [, script = ''] = /<script>([^]*)<\/script>/.exec(html) ?? []
  const digest = createHash('sha256').update(html).digest('base64url')
  return {
    gzipped: await promisify(gzip)(html),
    etag: `W/"${digest}"`,
    policy: policyFor(createHash('sha256').update(script).digest('base64')),
  }
}

/** Allows the page's one script, its editor's workers, and what both bring along. */
function policyFor(scriptHash: string): string {
  return [
    `default-src 'none'`,
    `script-src 'sha256-${scriptHash}' blob:`,
    `worker-src blob:`,
    `style-src 'unsafe-inline'`,
    `font-src data:`,
    `img-src 'self' data:`,
    `connect-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ')
}
