import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { FaultKind } from '@looklook-pay/sandbox'
import type { Deps } from '../../src/deps.ts'
import type { TestApp } from './app.ts'
import { listen } from './listen.ts'
import { LONG_MS, SHORT_MS } from './patience.ts'

interface Exchange {
  method: string
  path: string
  body: string
}

export interface WechatProxy {
  /** The app's deps, calling WeChat Pay through this proxy. */
  deps: Deps
  /** The same for calls that meet this fault: a call that gets no answer times out soon. */
  depsMeeting(kind: FaultKind): Deps
  /** Every call that it forwarded, oldest first. */
  exchanges: Exchange[]
  /** The prepay calls among them. */
  prepays(): Exchange[]
  /** Holds back WeChat's answer to the next call whose path ends in `pathEnd`, with or without its query, until it is released. */
  hold(pathEnd: string): { answered: Promise<void>; release(): void }
  close(): Promise<void>
}

/** A proxy between the app and WeChat Pay that records every call, and can hold back an answer. */
export async function openWechatProxy(app: TestApp): Promise<WechatProxy> {
  const exchanges: Exchange[] = []
  const held: { pathEnd: string; arrived: () => void; until: Promise<void> }[] = []
  const server = createServer((request, response) => {
    const forward = async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
      const [method, path, body] = [request.method ?? '', request.url ?? '', Buffer.concat(chunks)]
      exchanges.push({ method, path, body: body.toString() })
      const answer = await fetch(new URL(path, app.sandbox.url), {
        method,
        headers: withoutHopHeaders(request.headers),
        ...(body.length > 0 ? { body } : {}),
      })
      const bytes = Buffer.from(await answer.arrayBuffer())
      const [bare = ''] = path.split('?')
      const index = held.findIndex(({ pathEnd }) => path.endsWith(pathEnd) || bare.endsWith(pathEnd))
      const [hold] = index < 0 ? [] : held.splice(index, 1)
      hold?.arrived()
      await hold?.until
      const { 'content-length': _length, ...headers } = Object.fromEntries(answer.headers)
      response.writeHead(answer.status, headers).end(bytes)
    }
    forward().catch(() => response.destroy())
  })
  const port = await listen(server)
  const apiUrl = new URL(`http://127.0.0.1:${port}`)
  const depsWith = (totalMs: number) => {
    const timing = { ...app.deps.wechat.timing, totalMs, repeatMs: 10, slowRepeatMs: 10 }
    return { ...app.deps, wechat: { ...app.deps.wechat, apiUrl, timing } }
  }
  return {
    deps: depsWith(LONG_MS),
    depsMeeting: (kind) => depsWith(kind.startsWith('timeout') ? SHORT_MS : LONG_MS),
    exchanges,
    prepays: () => exchanges.filter(({ path }) => path.endsWith('/jsapi')),
    hold: (pathEnd) => {
      const answered = Promise.withResolvers<void>()
      const until = Promise.withResolvers<void>()
      held.push({ pathEnd, arrived: answered.resolve, until: until.promise })
      return { answered: answered.promise, release: until.resolve }
    },
    close: async () => {
      server.close().closeAllConnections()
      await once(server, 'close')
    },
  }
}

function withoutHopHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const { host: _host, connection: _connection, 'content-length': _length, ...rest } = headers
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)]))
}
