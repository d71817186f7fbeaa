import type { WebSocketClass } from './platform.ts'
import { CLOSED, CLOSING, CONNECTING, createSocketClass, OPEN } from './socket-class.ts'
import type { Wx, WxSocketTask } from './wx.ts'

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
  return createSocketClass((url, protocol) => openSocket(wx, url, protocol))
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
  const listen = (opened: WxSocketTask) => {
    task = opened
    task.onOpen(() => {
      if (socket.readyState !== CONNECTING) return
      socket.readyState = OPEN
      socket.onopen?.()
    })
    task.onMessage(({ data }) => socket.onmessage?.({ data }))
    task.onClose(({ code, reason }) => end(code, reason))
    task.onError(lose)
    // Closed while its task was only promised.
    if (socket.readyState >= CLOSING) task.close({ fail: lose })
  }
  connect(wx, { url, protocol, listen, lose })
  return socket
}

interface Connect {
  url: string
  protocol: string
  listen: (task: WxSocketTask) => void
  lose: (result: { errMsg: string }) => void
}

function connect(wx: Wx, { url, protocol, listen, lose }: Connect): void {
  // `connectSocket` may call `fail` before it returns, when nothing is listening to the socket yet.
  const fail = (result: { errMsg: string }) => void Promise.resolve(result).then(lose)
  try {
    const opened = wx.connectSocket({ url, protocols: [protocol], timeout: CONNECT_TIMEOUT_MS, fail })
    // Listened to right away: an event without a listener is lost. Where the promise rejects, `fail` was called as well.
    if ('then' in opened) void opened.then(listen, () => {})
    else listen(opened)
  } catch (error) {
    fail({ errMsg: String(error) })
  }
}
