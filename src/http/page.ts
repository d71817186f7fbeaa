import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isLoopback } from '../wechat/loopback.ts'
import { refuseOtherThanGet, sendJson } from './json.ts'
import { changePart, describeParts, type Parts } from './page-parts.ts'

/** Where the bundler puts the page (scripts/bundle-pages.ts): at each installation, and in dist/. */
const FOLDER = new URL('../../web/dist/play/', import.meta.url)
const FILE = /^\/page\/([a-z-]+\.(css|html|js|svg))$/
const TYPES: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

export interface PageInput {
  /** Where the WeChat sandbox listens; undefined when WeChat is the real one, which no browser can pay at. */
  sandboxUrl: string | undefined
  /** What the page may take away, to show what becomes of a payment meanwhile; nothing by default. */
  parts?: Parts
}

/** @returns whether the path was one of the page's. */
export type Page = (request: IncomingMessage, response: ServerResponse, path: string) => boolean

/** The page at `/` that plays a purchase, and its files under `/page/`, read anew for every request. */
export function createPage({ sandboxUrl, parts = {} }: PageInput): Page {
  return (request, response, path) => {
    if (path === '/page/parts' && Object.keys(parts).length > 0) {
      changePart(request, response, parts).catch(() => sendJson(response, 500, { message: 'The part did not change' }))
      return true
    }
    const name = path === '/' ? 'index.html' : FILE.exec(path)?.[1]
    if (name === undefined && path !== '/page/config.json') return false
    if (refuseOtherThanGet(request, response)) return true
    const sandbox = sandboxUrl === undefined ? undefined : reachableAt(sandboxUrl, request.headers.host)
    if (name === undefined) sendJson(response, 200, { sandboxUrl: sandbox ?? null, parts: describeParts(parts) })
    else void sendFile(response, name, sandbox)
    return true
  }
}

async function sendFile(response: ServerResponse, name: string, sandboxUrl: string | undefined): Promise<void> {
  const body = await readFile(new URL(name, FOLDER)).catch(() => undefined)
  if (!body) {
    const message = name === 'index.html' ? 'The page is not built: npm run generate' : `The page has no ${name}`
    return sendJson(response, 404, { message })
  }
  response.writeHead(200, {
    'content-type': TYPES[name.slice(name.lastIndexOf('.') + 1)],
    'content-length': body.length,
    'cache-control': 'no-cache',
    'content-security-policy': policy(sandboxUrl),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  response.end(body)
}

function policy(sandboxUrl: string | undefined): string {
  return [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self'`,
    `img-src 'self'`,
    `connect-src 'self'${sandboxUrl === undefined ? '' : ` ${sourceOf(sandboxUrl)}`}`,
    `require-trusted-types-for 'script'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ')
}

/** The origin as a policy can name it: there is no syntax for an IPv6 address. */
function sourceOf(url: string): string {
  return url.includes('[') ? 'http:' : url
}

/** The sandbox as seen from a browser, which may be on another machine and know this one by another name. */
function reachableAt(sandboxUrl: string, host: string | undefined): string {
  const url = new URL(sandboxUrl)
  const name = /^([\w.-]+|\[[\da-f:]+\])(:\d+)?$/i.exec(host ?? '')?.[1]
  if (name !== undefined && isLoopback(url.hostname) && !isLoopback(name)) url.hostname = name
  return url.origin
}
