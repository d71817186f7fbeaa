import type { IncomingMessage, ServerResponse } from 'node:http'
import { prefersPage } from './accept.ts'
import { POLICY, readPageFile } from './files.ts'

const FILE = /^\/page\/([a-z-]+\.(?:css|js|svg))$/

const NOT_BUILT = 'The page of this sandbox is not built: npm run pages. What the sandbox can do, it answers to curl.\n'

/**
 * Serves the page to browsers, at `/`, and its files under `/page/`, where WeChat has nothing.
 *
 * @returns whether it was the page that was asked for.
 */
export async function servePage(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const { method, headers } = request
  const [path = ''] = (request.url ?? '').split('?', 1)
  const name = path === '/' && prefersPage(headers.accept) ? 'index.html' : FILE.exec(path)?.[1]
  if (name === undefined || (method !== 'GET' && method !== 'HEAD')) return false
  const file = await readPageFile(name)
  const always = {
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': POLICY,
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    ...(path === '/' ? { Vary: 'Accept' } : {}),
  }
  if (!file) {
    response.writeHead(name === 'index.html' ? 503 : 404, { ...always, 'Content-Type': 'text/plain; charset=utf-8' })
    response.end(name === 'index.html' ? NOT_BUILT : `The page has no ${name}\n`)
    return true
  }
  const { bytes, contentType, etag } = file
  const isKnown = headers['if-none-match']?.split(/\s*,\s*/).includes(etag) ?? false
  response.writeHead(isKnown ? 304 : 200, {
    ...always,
    ETag: etag,
    ...(isKnown ? {} : { 'Content-Type': contentType, 'Content-Length': bytes.length }),
  })
  // Node.js sends no body to HEAD.
  response.end(isKnown ? undefined : bytes)
  return true
}
