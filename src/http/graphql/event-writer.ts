import type { ServerResponse } from 'node:http'
import type { StreamedTexts, TextReceiver } from '../../graphql/context.ts'
import { UNREAD_MS } from '../limits/connections.ts'
import { lifetimeMs } from './socket-upkeep.ts'

const KEEP_ALIVE = ':\n\n'
const COMPLETE = 'event: complete\ndata:\n\n'
/** Clients take a stream for lost after 30 s of silence. Each is written to in one of so many sweeps. */
const KEEP_ALIVE_EVERY_SWEEPS = 12
const SWEEP_EVERY_MS = 1_000

interface EventWriter {
  /**
   * Sends the head of the response, and results as events until the stream is over or the client is gone. `onFailure`
   * hears why it can't.
   */
  write: (response: ServerResponse, texts: StreamedTexts, onFailure: OnFailure) => void
  /** One round of the upkeep; done every second. `nowMs`: of `performance.now()`. */
  sweep: (nowMs?: number) => void
  stop: () => void
}

type OnFailure = (response: ServerResponse, error: unknown) => void

/**
 * Writes streams of events, and looks after those that are open: now and then it writes to each, so that no proxy takes it
 * for idle and its client notices that it is lost; and it cuts off those that lived long enough, so that their clients
 * connect again.
 */
export function openEventWriter({ lifetimeSeconds }: { lifetimeSeconds: number }): EventWriter {
  const open = new Map<ServerResponse, EventStream>()
  let turn = 0

  const sweep = (nowMs = performance.now()) => {
    turn = (turn + 1) % KEEP_ALIVE_EVERY_SWEEPS
    for (const [response, stream] of open) {
      if (response.writableEnded) continue
      if (nowMs >= stream.endsAt) response.destroy()
      // What a client doesn't read needn't grow.
      else if (stream.turn === turn && !response.writableNeedDrain) response.write(KEEP_ALIVE)
    }
  }
  const timer = setInterval(sweep, SWEEP_EVERY_MS)
  // All streams share the listener.
  function leave(this: ServerResponse): void {
    open.delete(this)
  }

  return {
    write(response, texts, onFailure) {
      const stream = new EventStream(response, performance.now() + lifetimeMs(lifetimeSeconds), onFailure)
      open.set(response, stream)
      response.on('close', leave)
      begin(response)
      texts.sendTo(stream)
    },
    sweep,
    stop: () => clearInterval(timer),
  }
}

/** A stream that is open. In fields, for thousands are at the same time. */
class EventStream implements TextReceiver {
  readonly endsAt: number
  /** In which of the sweeps it is written to. */
  readonly turn = Math.floor(Math.random() * KEEP_ALIVE_EVERY_SWEEPS)
  readonly #response: ServerResponse
  readonly #onFailure: OnFailure

  constructor(response: ServerResponse, endsAt: number, onFailure: OnFailure) {
    this.#response = response
    this.endsAt = endsAt
    this.#onFailure = onFailure
  }

  send(text: string): Promise<void> | undefined {
    const response = this.#response
    if (response.destroyed || response.write(`event: next\ndata: ${text}\n\n`)) return undefined
    return taken(response, 'drain')
  }

  end(): void {
    const response = this.#response
    if (response.destroyed) return
    response.end(COMPLETE)
    void taken(response, 'finish')
  }

  fail(error: unknown): void {
    this.#onFailure(this.#response, error)
  }
}

function begin(response: ServerResponse): void {
  // It is quiet for as long as the payment is: the limits on idle connections aren't meant for it.
  response.socket?.setTimeout(0).setNoDelay(true).setKeepAlive(true)
  response.cork()
  // The head by itself: Node keeps its text, in one piece if it was written as it is, in dozens otherwise.
  response.flushHeaders()
  response.write(KEEP_ALIVE)
  response.uncork()
}

/**
 * Resolves once the client has read enough, or all, or is gone. What it doesn't read within `UNREAD_MS` ends its
 * connection: once the stream is over, nothing else would.
 */
function taken(response: ServerResponse, event: 'drain' | 'finish'): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), UNREAD_MS)
    const done = () => {
      clearTimeout(timer)
      response.off(event, done).off('close', done)
      resolve()
    }
    response.once(event, done).once('close', done)
  })
}
