import type { WebSocketClass } from './platform.ts'
import type { Wx, WxSocketTask } from './wx.ts'

const CONNECTING = 0
const OPEN = 1
const CLOSING = 2
const CLOSED = 3
const ABNORMAL_CLOSURE = 1006
const CONNECT_TIMEOUT_MS = 10_000

interface Socket {
  readyState: number
  onopen: (() => void) | null
  onmessage: ((message: { data: unknown }) => void) | null
  onclose: ((close: { code: number; reason: string }) => void) | null
  onerror: ((error: unknown) => void) | null
  send(data: string): void
  close(code?: number, reason?: string): void
}

/** `wx.connectSocket` behind the interface of a browser's WebSocket, as far as graphql-ws uses it. */
export function createWxSocketClass(wx: Wx): WebSocketClass {
  // Not an arrow function: graphql-ws calls it with `new`, and the object that it returns becomes the result.
  function WxWebSocket(url: string, protocol: string): Socket {
    return openSocket(wx, url, protocol)
  }
  return Object.assign(WxWebSocket, { CONNECTING, OPEN, CLOSING, CLOSED }) as unknown as WebSocketClass
}

function openSocket(wx: Wx, url: string, protocol: string): Socket {
  let task: WxSocketTask | undefined
  const end = (code: number, reason: string) => {
    if (socket.readyState === CLOSED) return
    socket.readyState = CLOSED
    socket.onclose?.({ code, reason })
  }
  const lose = ({ errMsg }: { errMsg: string }) => {
    if (socket.readyState === CLOSED) return
    end(ABNORMAL_CLOSURE, errMsg)
    // An error doesn't close the task, and an unclosed task still counts towards the limit of five.
    task?.close({})
  }
  const socket: Socket = {
    readyState: CONNECTING,
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    send: (data) => task?.send({ data, fail: lose }),
    close(code, reason) {
      if (socket.readyState >= CLOSING) return
      socket.readyState = CLOSING
      task?.close({ code, reason, fail: lose })
    },
  }
  // `connectSocket` may call `fail` before it returns, when nothing is listening to the socket yet.
  const fail = (result: { errMsg: string }) => void Promise.resolve(result).then(lose)
  try {
    task = wx.connectSocket({ url, protocols: [protocol], timeout: CONNECT_TIMEOUT_MS, fail })
  } catch (error) {
    fail({ errMsg: String(error) })
  }
  // Registered right away: an event without a listener is lost.
  task?.onOpen(() => {
    if (socket.readyState !== CONNECTING) return
    socket.readyState = OPEN
    socket.onopen?.()
  })
  task?.onMessage(({ data }) => socket.onmessage?.({ data }))
  task?.onClose(({ code, reason }) => end(code, reason))
  task?.onError(lose)
  return socket
}
