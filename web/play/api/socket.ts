import { locale } from '../../kit/language.ts'

/** https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md, as far as the page needs it. */
export interface SocketMessage {
  id?: string
  type: string
  payload?: unknown
}

interface SocketEvents {
  /** The server has accepted the token; from here on `send` may be called. */
  onReady(message: SocketMessage): void
  onMessage(message: SocketMessage): void
  onClose(code: number): void
}

const PROTOCOL = 'graphql-transport-ws'

/** One connection to the API's WebSocket, in the language that the page has as it opens; it isn't reopened. */
export function openSocket(token: string, { onReady, onMessage, onClose }: SocketEvents) {
  const socket = new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}/graphql`, [PROTOCOL])
  let isReady = false
  const send = (message: SocketMessage) => socket.send(JSON.stringify(message))
  socket.addEventListener('open', () => {
    send({ type: 'connection_init', payload: { authorization: `Bearer ${token}`, language: locale() } })
  })
  socket.addEventListener('close', ({ code }) => {
    isReady = false
    onClose(code)
  })
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as SocketMessage
    if (message.type === 'ping') return send({ type: 'pong' })
    if (message.type !== 'connection_ack') return onMessage(message)
    isReady = true
    onReady(message)
  })
  return { send, isReady: () => isReady, close: () => socket.close(1000) }
}
