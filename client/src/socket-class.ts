import type { WebSocketClass } from './platform.ts'

/** The values of a WebSocket's `readyState`: https://websockets.spec.whatwg.org/#dom-websocket-readystate */
export const CONNECTING = 0
export const OPEN = 1
export const CLOSING = 2
export const CLOSED = 3

/** What `open` returns, as the objects of a class: the way in which graphql-ws wants its sockets. */
export function createSocketClass(open: (url: string, protocol: string) => object): WebSocketClass {
  // Not an arrow function: graphql-ws calls it with `new`, and the object that it returns becomes the result.
  function OpenedSocket(url: string, protocol: string): object {
    return open(url, protocol)
  }
  return Object.assign(OpenedSocket, { CONNECTING, OPEN, CLOSING, CLOSED }) as unknown as WebSocketClass
}
