import { connect, type Socket } from 'node:net'
import { WebSocket } from 'ws'
import { operation, WATCH } from '../operations.ts'
import { encodeRequest } from './connection.ts'

/** `graphql`: graphql-transport-ws; `sse`: server-sent events; `raw`: the peer's own messages. */
export type Transport = 'graphql' | 'sse' | 'raw'

export interface Watch {
  sn: string
  token: string
}

export interface Watcher {
  /** When the next state arrives, by `performance.now()`. @throws when none does. */
  next(withinMs: number): Promise<number>
  close(): void
}

/** When a server that has no connection to the database free wants to be asked again. */
const BUSY_MS = 1_000

interface Stream {
  close(): void
}

/** Resolves once the first state has arrived. */
export async function openWatcher(url: string, transport: Transport, watch: Watch): Promise<Watcher> {
  let waiting: PromiseWithResolvers<number> | undefined = Promise.withResolvers<number>()
  const first = waiting.promise
  const onState = () => {
    waiting?.resolve(performance.now())
    waiting = undefined
  }
  const onEnd = (reason: string) => waiting?.reject(new Error(`the stream of ${watch.sn} ended: ${reason}`))
  const stream =
    transport === 'sse' ? openEvents(url, watch, onState, onEnd) : openSocket(url, transport, watch, onState, onEnd)
  await first
  return {
    next: (withinMs) => {
      const current = Promise.withResolvers<number>()
      waiting = current
      const timer = setTimeout(() => current.reject(new Error(`no state of ${watch.sn} in time`)), withinMs)
      return current.promise.finally(() => clearTimeout(timer))
    },
    close: () => stream.close(),
  }
}

type OnEnd = (reason: string) => void

function openSocket(
  url: string,
  transport: 'graphql' | 'raw',
  { sn, token }: Watch,
  onState: () => void,
  onEnd: OnEnd,
) {
  const protocols = transport === 'graphql' ? ['graphql-transport-ws'] : []
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, protocols, { perMessageDeflate: false })
  const send = (message: object) => socket.send(JSON.stringify(message))
  const subscribe = () => send({ id: '1', type: 'subscribe', payload: { query: WATCH, variables: { sn } } })
  socket.on('open', () => {
    const authorization = `Bearer ${token}`
    if (transport === 'raw') return send({ sn, authorization })
    send({ type: 'connection_init', payload: { authorization } })
  })
  socket.on('message', (data: Buffer) => {
    const text = data.toString('utf8')
    if (text.includes('"connection_ack"')) {
      subscribe()
    } else if (text.includes('"RATE_LIMITED"')) {
      setTimeout(subscribe, BUSY_MS)
    } else if (text.includes('"status"')) onState()
    else if (text.includes('"errors"') || text.includes('"type":"error"')) onEnd(text)
  })
  socket.on('error', (error) => onEnd(error.message))
  socket.on('close', (code) => onEnd(`closed with ${code}`))
  return { close: () => socket.terminate() } satisfies Stream
}

function openEvents(url: string, { sn, token }: Watch, onState: () => void, onEnd: OnEnd): Stream {
  const { hostname, port } = new URL(url)
  const request = operation(token, WATCH, { sn })
  const bytes = encodeRequest(url, { ...request, headers: { ...request.headers, accept: 'text/event-stream' } })
  let socket = open()
  function open(): Socket {
    const opened = connect(Number(port), hostname).setNoDelay()
    opened.on('connect', () => opened.write(bytes))
    opened.on('data', (chunk) => {
      const text = String(chunk)
      if (text.includes('"RATE_LIMITED"')) {
        opened.removeAllListeners('close').destroy()
        setTimeout(() => (socket = open()), BUSY_MS)
      } else if (text.includes('"status"')) onState()
      else if (text.includes('"errors"')) onEnd(text)
    })
    return opened.on('error', (error) => onEnd(error.message)).on('close', () => onEnd('closed'))
  }
  return { close: () => void socket.destroy() }
}
