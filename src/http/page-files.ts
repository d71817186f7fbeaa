import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { sendJson } from './json.ts'

const TYPES: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/**
 * Answers with a file of a page as the bundler left it (scripts/bundle-pages.ts), read anew for every request; 404 where
 * the page has no such file, 503 where there is no page, 500 for one that can't be read, which the log says.
 *
 * @param page the folder of `web/dist/`.
 * @param alsoConnectTo what the page may ask beside its own server.
 */
export async function sendPageFile(
  log: Pick<Logger, 'error'>,
  response: ServerResponse,
  { page, name, alsoConnectTo }: { page: string; name: string; alsoConnectTo?: string },
): Promise<void> {
  const folder = new URL(`../../web/dist/${page}/`, import.meta.url)
  const body = await readFile(new URL(name, folder)).catch((error: unknown) => ({ error }))
  if ('error' in body) {
    const { error } = body
    if (!isMissing(error)) {
      log.error({ err: error, page, name }, 'file of a page could not be read')
      return sendJson(response, 500, { message: 'The file can’t be read, the log says why' })
    }
    return existsSync(new URL('index.html', folder))
      ? sendJson(response, 404, { message: `The page has no ${name}` })
      : sendJson(response, 503, { message: 'The page is not built: npm run generate' })
  }
  response.writeHead(200, {
    'content-type': TYPES[name.slice(name.lastIndexOf('.') + 1)],
    'content-length': body.length,
    'cache-control': 'no-cache',
    'content-security-policy': policy(alsoConnectTo),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  response.end(body)
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function policy(alsoConnectTo: string | undefined): string {
  return [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self'`,
    `img-src 'self'`,
    `connect-src 'self'${alsoConnectTo === undefined ? '' : ` ${alsoConnectTo}`}`,
    `require-trusted-types-for 'script'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ')
}
