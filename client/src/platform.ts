import type { WxPayParams } from './result.ts'

/** What the phone reports when the pay sheet closes: a hint, which the server has to confirm. */
export type SheetResult = 'PAID' | 'CANCELLED' | 'FAILED'

export interface HttpAnswer {
  statusCode: number
  text: string
}

/** A response body that arrives in chunks. */
export interface ByteStream {
  /** Resolves at its end, whether complete or cut off. */
  ended: Promise<void>
  stop(): void
}

export interface WebSocketClass {
  new (url: string, protocol: string): unknown
  readonly CONNECTING: number
  readonly OPEN: number
  readonly CLOSING: number
  readonly CLOSED: number
}

/** What the client needs from its environment: a mini-program, or a browser. */
export interface Platform {
  /** @throws when no response came. */
  post(url: string, headers: Record<string, string>, body: string): Promise<HttpAnswer>
  openStream(
    url: string,
    headers: Record<string, string>,
    body: string,
    onBytes: (bytes: Uint8Array) => void,
  ): ByteStream
  webSocket: WebSocketClass | undefined
  /** Undefined where no pay sheet can be shown. */
  requestPayment: ((params: WxPayParams) => Promise<SheetResult>) | undefined
  /** Calls the listeners when the app is shown or hidden; returns a function that removes them. */
  watchForeground(onShow: () => void, onHide: () => void): () => void
}
