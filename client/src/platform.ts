import type { CloseSignal } from './close-signal.ts'
import type { WxPayParams } from './result.ts'
import type { SessionStore } from './session-store.ts'

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
  /** That the person reads, like `zh_CN`; undefined where nobody says it. */
  language: string | undefined
  /** @throws when no response came, as when the client is closed first. */
  post(url: string, headers: Record<string, string>, body: string, closeSignal: CloseSignal): Promise<HttpAnswer>
  openStream(
    url: string,
    headers: Record<string, string>,
    body: string,
    onBytes: (bytes: Uint8Array) => void,
  ): ByteStream
  webSocket: WebSocketClass | undefined
  /** Undefined where no pay sheet can be shown. */
  requestPayment: ((params: WxPayParams) => Promise<SheetResult>) | undefined
  /**
   * Asks the guest for consent to messages of these templates; resolves with the answer to each, by its id. Undefined where
   * nobody can be asked.
   */
  requestSubscribe: ((templateIds: string[]) => Promise<Record<string, string>>) | undefined
  /** Resolves with a code for `wxLogin`. Undefined where nobody can sign in. */
  getLoginCode: (() => Promise<string>) | undefined
  /** Undefined where there is none: a session lives in memory then. */
  sessionStore: SessionStore | undefined
  /** Calls the listeners when the app is shown or hidden; returns a function that removes them. */
  watchForeground(onShow: () => void, onHide: () => void): () => void
}
