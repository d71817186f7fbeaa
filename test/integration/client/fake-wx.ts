import { WebSocket } from 'ws'
import type { Wx } from '../../../client/src/pay-client.ts'
import type { WxRequestOption, WxRequestPaymentOption, WxRequestTask, WxSocketTask } from '../../../client/src/wx.ts'

/** https://developers.weixin.qq.com/miniprogram/dev/api/network/websocket/wx.connectSocket.html */
const MAX_SOCKETS = 5
const ABNORMAL_CLOSURE = 1006
/** Small enough to split multi-byte characters. */
const CHUNK_BYTES = 7

type SocketOption = Parameters<Wx['connectSocket']>[0]

/** The `wx` of a mini-program, as WeChat's documentation describes it. */
export interface FakeWx {
  wx: Wx
  /** The code that the next `wx.login` gives; rejecting means that it fails. */
  onLogin: () => Promise<string>
  /** What `wx.setStorageSync` stored. */
  storage: Map<string, string>
  /** What the guest does with a pay sheet; what it rejects with is the `errMsg` after `requestPayment:`. */
  onPaySheet: (option: WxRequestPaymentOption) => Promise<void>
  /** How many pay sheets were shown. */
  paySheets(): number
  /** Puts the app into the background for longer than 5 s: connections are cut off, and new ones fail. */
  hide(): void
  show(): void
  openSockets(): number
  /** How many times a socket was to be opened so far. */
  socketAttempts(): number
  /** The GraphQL documents of all plain or of all chunked requests so far. */
  requests(kind: 'plain' | 'chunked'): string[]
  openStreams(): number
  /** Cuts off every chunked response under way. */
  cutStreams(): void
}

interface Cuttable {
  cut(reason: string): void
}

export function createFakeWx(): FakeWx {
  const sockets = new Set<Cuttable>()
  const streams = new Set<Cuttable>()
  const plain = new Set<Cuttable>()
  const listeners = { show: new Set<() => void>(), hide: new Set<() => void>() }
  const queries = { plain: [] as string[], chunked: [] as string[] }
  let isHidden = false
  let socketAttempts = 0
  let paySheets = 0

  const cutAll = (underWay: Set<Cuttable>, reason: string) => {
    for (const each of underWay) each.cut(reason)
  }
  const storage = new Map<string, string>()
  const fake: FakeWx = {
    onLogin: () => Promise.reject('fail no account'),
    storage,
    onPaySheet: () => new Promise(() => {}),
    wx: {
      connectSocket(option) {
        socketAttempts += 1
        if (isHidden) return failingSocket(option, 'connectSocket:fail interrupted')
        if (sockets.size >= MAX_SOCKETS) return failingSocket(option, 'connectSocket:fail exceed max task count')
        return connectSocket(option, sockets)
      },
      request(option) {
        const kind = option.enableChunked ? 'chunked' : 'plain'
        queries[kind].push((JSON.parse(option.data) as { query: string }).query)
        return request(option, option.enableChunked ? streams : plain, isHidden)
      },
      requestPayment(option) {
        paySheets += 1
        showPaySheet(option, fake.onPaySheet).catch(() => {})
      },
      login({ success, fail }) {
        fake.onLogin().then(
          (code) => success({ code }),
          (error: unknown) => fail({ errMsg: `login:${String(error)}` }),
        )
      },
      getStorageSync: (key) => storage.get(key) ?? '',
      setStorageSync: (key, value) => void storage.set(key, value),
      onAppShow: (listener) => void listeners.show.add(listener),
      onAppHide: (listener) => void listeners.hide.add(listener),
      offAppShow: (listener) => void listeners.show.delete(listener),
      offAppHide: (listener) => void listeners.hide.delete(listener),
    },
    paySheets: () => paySheets,
    hide() {
      isHidden = true
      for (const listener of listeners.hide) listener()
      for (const underWay of [sockets, streams, plain]) cutAll(underWay, 'interrupted')
    },
    show() {
      isHidden = false
      for (const listener of listeners.show) listener()
    },
    openSockets: () => sockets.size,
    socketAttempts: () => socketAttempts,
    requests: (kind) => queries[kind],
    openStreams: () => streams.size,
    cutStreams: () => cutAll(streams, 'net::ERR_CONNECTION_RESET'),
  }
  return fake
}

async function showPaySheet(option: WxRequestPaymentOption, onPaySheet: FakeWx['onPaySheet']): Promise<void> {
  try {
    await onPaySheet(option)
  } catch (error) {
    return option.fail({ errMsg: `requestPayment:${String(error)}` })
  }
  option.success({ errMsg: 'requestPayment:ok' })
}

/**
 * The callbacks of `connectSocket` report on the call itself; the connection reports through its events. A task ends
 * when it is closed, by us or by the network. An error event does not end it: the task still counts towards the limit.
 */
function connectSocket(option: SocketOption, sockets: Set<Cuttable>): WxSocketTask {
  const socket = new WebSocket(option.url, option.protocols)
  const close = { code: 0, reason: '' }
  const closeListeners: ((close: { code: number; reason: string }) => void)[] = []
  let state: 'healthy' | 'failed' | 'closing' = 'healthy'
  const end = (code: number, reason: string) => {
    if (!sockets.delete(entry)) return
    Object.assign(close, { code, reason })
    for (const listener of closeListeners) listener(close)
  }
  const entry = {
    cut(reason: string) {
      end(ABNORMAL_CLOSURE, reason)
      socket.terminate()
    },
  }
  sockets.add(entry)
  socket.on('close', (code, reason) => {
    if (state !== 'failed') end(code, reason.toString())
  })
  socket.on('error', () => {
    if (state === 'healthy') state = 'failed'
  })
  setImmediate(() => option.success?.({ errMsg: 'connectSocket:ok' }))
  return {
    send({ data, success, fail }) {
      if (socket.readyState !== WebSocket.OPEN) return fail?.({ errMsg: 'sendSocketMessage:fail not open' })
      socket.send(data, () => success?.({ errMsg: 'sendSocketMessage:ok' }))
    },
    close({ code = 1000, reason, success }) {
      if (state === 'failed') setImmediate(() => end(code, reason ?? ''))
      state = 'closing'
      socket.close(code, reason)
      setImmediate(() => success?.({ errMsg: 'closeSocket:ok' }))
    },
    onOpen: (listener) => void socket.on('open', listener),
    onMessage: (listener) => void socket.on('message', (data: Buffer) => listener({ data: data.toString() })),
    onClose: (listener) => void closeListeners.push(listener),
    onError: (listener) => void socket.on('error', ({ message }) => listener({ errMsg: message })),
  }
}

const ignore = () => {}

function failingSocket({ fail }: SocketOption, errMsg: string): WxSocketTask {
  setImmediate(() => fail?.({ errMsg }))
  return { send: ignore, close: ignore, onOpen: ignore, onMessage: ignore, onClose: ignore, onError: ignore }
}

function request(option: WxRequestOption, underWay: Set<Cuttable>, isHidden: boolean): WxRequestTask {
  const abort = new AbortController()
  const onChunks: ((chunk: { data: ArrayBuffer }) => void)[] = []
  const entry = {
    cut(reason: string) {
      if (!underWay.delete(entry)) return
      abort.abort()
      option.fail({ errMsg: `request:fail ${reason}` })
    },
  }
  underWay.add(entry)
  const timer = setTimeout(() => entry.cut('timeout'), option.timeout)
  const run = async () => {
    const { url, method, header: headers, data: body } = option
    const response = await fetch(url, { method, headers, body, signal: abort.signal })
    const chunks: Uint8Array[] = []
    for await (const chunk of response.body ?? []) {
      if (option.enableChunked) deliver(chunk, onChunks)
      else chunks.push(chunk)
    }
    if (underWay.delete(entry)) {
      option.success({ statusCode: response.status, data: Buffer.concat(chunks).toString() })
    }
  }
  if (isHidden) setImmediate(() => entry.cut('interrupted'))
  else
    run()
      .catch((error: unknown) => entry.cut(String(error)))
      .finally(() => clearTimeout(timer))
  return {
    abort: () => entry.cut('abort'),
    onChunkReceived: (listener) => void onChunks.push(listener),
  }
}

function deliver(bytes: Uint8Array, onChunks: ((chunk: { data: ArrayBuffer }) => void)[]): void {
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    const data = new Uint8Array(bytes.slice(start, start + CHUNK_BYTES)).buffer
    for (const onChunk of onChunks) onChunk({ data })
  }
}
