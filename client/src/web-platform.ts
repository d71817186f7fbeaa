import type { ByteStream, PhoneWord, Platform, WebSocketClass } from './platform.ts'
import type { WxPayParams } from './result.ts'

const ANSWER_MS = 15_000

export interface WebOptions {
  webSocket?: WebSocketClass
  /** Shows a pay sheet; resolves when it says "paid", and rejects with its words (`err_msg`, `errMsg`) otherwise. */
  requestPayment?: (params: WxPayParams) => Promise<unknown>
}

/** A browser, or anything with `fetch`; without a WebSocket it does with streams and questions. */
export function createWebPlatform(options: WebOptions): Platform {
  return {
    async post(url, headers, body) {
      const abort = new AbortController()
      const timer = setTimeout(() => abort.abort(), ANSWER_MS)
      try {
        const response = await fetch(url, { method: 'POST', headers, body, signal: abort.signal })
        return { statusCode: response.status, text: await response.text() }
      } finally {
        clearTimeout(timer)
      }
    },
    openStream: (url, headers, body, onBytes) => openStream(url, { headers, body }, onBytes),
    webSocket: options.webSocket ?? (typeof WebSocket === 'undefined' ? undefined : WebSocket),
    requestPayment: options.requestPayment && ((params) => askPhone(options.requestPayment, params)),
    watchForeground: () => () => {},
  }
}

async function askPhone(show: WebOptions['requestPayment'], params: WxPayParams): Promise<PhoneWord> {
  try {
    await show?.(params)
    return 'PAID'
  } catch (error) {
    return readRefusal(error)
  }
}

function readRefusal(error: unknown): PhoneWord {
  const words = (error ?? {}) as { err_msg?: unknown; errMsg?: unknown; message?: unknown }
  return /cancel/i.test(String(words.err_msg ?? words.errMsg ?? words.message)) ? 'CANCELLED' : 'FAILED'
}

function openStream(
  url: string,
  request: { headers: Record<string, string>; body: string },
  onBytes: (bytes: Uint8Array) => void,
): ByteStream {
  const abort = new AbortController()
  const read = async () => {
    const { body } = await fetch(url, { ...request, method: 'POST', signal: abort.signal })
    const reader = body?.getReader()
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) onBytes(piece.value)
  }
  // A stream that broke is a stream that ended: whoever reads it goes on by other means.
  return { ended: read().catch(() => {}), stop: () => abort.abort() }
}
