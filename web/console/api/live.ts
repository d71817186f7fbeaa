import { retryMs } from '../../kit/retry.ts'
import { ApiError } from './api-error.ts'
import { readSubscription } from './subscription.ts'
import type { Board } from './types.ts'

interface Watcher {
  onBoard: (board: Board) => void
  /** Whether news arrive; while they don't, it is tried again and again. */
  onState: (isOpen: boolean) => void
}

/**
 * The board by server-sent events, opened again whenever the stream ends, in the language that the page has then. Each event
 * carries the whole board, so what was missed meanwhile matters no more.
 *
 * @returns what ends it.
 */
export function watchBoard(watcher: Watcher): () => void {
  const stopped = new AbortController()
  void keepWatching(watcher, stopped.signal)
  return () => stopped.abort()
}

async function keepWatching({ onBoard, onState }: Watcher, stopped: AbortSignal): Promise<void> {
  for (let tries = 0; !stopped.aborted; tries++) {
    const onData = ({ board }: { board: Board }) => {
      tries = 0
      onState(true)
      onBoard(board)
    }
    try {
      await readSubscription('boardChanged', { onData, stopped })
    } catch (error) {
      // However the server ends it, it is opened again; a mistake of the page is none of these.
      if (!(error instanceof ApiError)) throw error
    } finally {
      if (!stopped.aborted) onState(false)
    }
    if (!stopped.aborted) await pause(retryMs(tries), stopped)
  }
}

function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      stopped.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    stopped.addEventListener('abort', end)
  })
}
