import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { sendJson } from './json.ts'

const TYPES: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/**
 * Answers with a file of a page as the bundler left it (scripts/bundle-pages.ts), read anew for every request; 404 where
 * there is none.
 *
 * @param page the folder of `web/dist/`.
 * @param alsoConnectTo what the page may ask beside its own server.
 */
export async function sendPageFile(
  response: ServerResponse,
  { page, name, alsoConnectTo }: { page: string; name: string; alsoConnectTo?: string },
): Promise<void> {
  const file = new URL(`../../web/dist/${page}/${name}`, import.meta.url)
  const body = await readFile(file).catch(() => undefined)
  if (!body) {
    const message = name === 'index.html' ? 'The page is not built: npm run generate' : `The page has no ${name}`
    return sendJson(response, 404, { message })
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
