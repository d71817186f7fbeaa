import type { ByteStream, Platform, SheetResult, WebSocketClass } from './platform.ts'
import type { WxPayParams } from './result.ts'

const RESPONSE_TIMEOUT_MS = 15_000

export interface WebOptions {
  webSocket?: WebSocketClass
  /** Shows a pay sheet; resolves when it reports "paid", and rejects with its error (`err_msg`, `errMsg`) otherwise. */
  requestPayment?: (params: WxPayParams) => Promise<unknown>
}

/** A browser, or anything else with `fetch`; without a WebSocket, payments arrive by server-sent events and polling. */
export function createWebPlatform(options: WebOptions): Platform {
  return {
    language: typeof navigator === 'undefined' ? undefined : navigator.language,
    async post(url, headers, body, closeSignal) {
      const abort = new AbortController()
      const timer = setTimeout(() => abort.abort(), RESPONSE_TIMEOUT_MS)
      const removeListener = closeSignal.onClose(() => abort.abort())
      try {
        const response = await fetch(url, { method: 'POST', headers, body, signal: abort.signal })
        return { statusCode: response.status, text: await response.text() }
      } finally {
        clearTimeout(timer)
        removeListener()
      }
    },
    openStream: (url, headers, body, onBytes) => openStream(url, { headers, body }, onBytes),
    webSocket: options.webSocket ?? (typeof WebSocket === 'undefined' ? undefined : WebSocket),
    requestPayment: options.requestPayment && ((params) => showPaySheet(options.requestPayment, params)),
    requestSubscribe: undefined,
    getLoginCode: undefined,
    sessionStore: undefined,
    watchForeground: () => () => {},
  }
}

async function showPaySheet(show: WebOptions['requestPayment'], params: WxPayParams): Promise<SheetResult> {
  try {
    await show?.(params)
    return 'PAID'
  } catch (error) {
    return readSheetError(error)
  }
}

function readSheetError(error: unknown): SheetResult {
  const fields = (error ?? {}) as { err_msg?: unknown; errMsg?: unknown; message?: unknown }
  return /cancel/i.test(String(fields.err_msg ?? fields.errMsg ?? fields.message)) ? 'CANCELLED' : 'FAILED'
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
    for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) onBytes(chunk.value)
  }
  // A broken stream counts as ended: the caller falls back to another transport.
  return { ended: read().catch(() => {}), stop: () => abort.abort() }
}
