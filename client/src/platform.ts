import type { WxPayParams } from './result.ts'

/** What the phone says about a pay sheet: a hint, and never the truth. */
export type PhoneWord = 'PAID' | 'CANCELLED' | 'FAILED'

export interface HttpAnswer {
  statusCode: number
  text: string
}

/** An answer that arrives piece by piece. */
export interface ByteStream {
  /** Resolves when it is over, whether whole or cut off. */
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

/** Where we run: a mini-program, or a browser. */
export interface Platform {
  /** @throws when no answer came. */
  post(url: string, headers: Record<string, string>, body: string): Promise<HttpAnswer>
  openStream(
    url: string,
    headers: Record<string, string>,
    body: string,
    onBytes: (bytes: Uint8Array) => void,
  ): ByteStream
  webSocket: WebSocketClass | undefined
  /** Undefined where nobody can show a pay sheet. */
  requestPayment: ((params: WxPayParams) => Promise<PhoneWord>) | undefined
  /** Tells when the app comes and goes; returns what stops it. */
  watchForeground(onShow: () => void, onHide: () => void): () => void
}
