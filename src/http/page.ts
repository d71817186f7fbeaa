import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { isLoopback } from '../wechat/loopback.ts'
import { refuseOtherThanGet, sendJson } from './json.ts'
import { sendPageFile } from './page-files.ts'
import { changePart, describeParts, type Parts } from './page-parts.ts'

const FILE = /^\/page\/([a-z-]+\.(css|html|js|svg))$/

export interface PageInput {
  log: Pick<Logger, 'error'>
  /** Where the WeChat sandbox listens; undefined when WeChat is the real one, which no browser can pay at. */
  sandboxUrl: string | undefined
  /** What the page may take away, to show what becomes of a payment meanwhile; nothing by default. */
  parts?: Parts
}

/** @returns whether the path was one of the page's. */
export type Page = (request: IncomingMessage, response: ServerResponse, path: string) => boolean

/** The page at `/` that plays a purchase, and its files under `/page/`, read anew for every request. */
export function createPage({ log, sandboxUrl, parts = {} }: PageInput): Page {
  return (request, response, path) => {
    if (path === '/page/parts' && Object.keys(parts).length > 0) {
      changePart(request, response, parts).catch((error: unknown) => {
        log.error({ err: error }, 'part of the process not changed')
        sendJson(response, 500, { message: 'The part did not change' })
      })
      return true
    }
    const name = path === '/' ? 'index.html' : FILE.exec(path)?.[1]
    if (name === undefined && path !== '/page/config.json') return false
    if (refuseOtherThanGet(request, response)) return true
    const sandbox = sandboxUrl === undefined ? undefined : reachableAt(sandboxUrl, request.headers.host)
    if (name === undefined) sendJson(response, 200, { sandboxUrl: sandbox ?? null, parts: describeParts(parts) })
    else void sendPageFile(log, response, { page: 'play', name, alsoConnectTo: sandbox && sourceOf(sandbox) })
    return true
  }
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
