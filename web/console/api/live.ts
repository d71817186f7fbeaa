import { locale } from '../../kit/language.ts'
import { fromWhom, heed } from './api.ts'
import { readEvents } from './event-stream.ts'
import { readOperations } from './read-operations.ts'
import type { Board } from './types.ts'

const RETRY_MS = [500, 1000, 2000, 4000, 8000]
/** The server sends something every few seconds. A connection that is silent for so long is broken, whatever it says. */
const SILENT_MS = 40_000
/** What is refused before the stream begins. */
const REFUSALS: Record<number, string> = { 401: 'UNAUTHENTICATED', 409: 'OTHER_OPERATOR' }

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
    const take = (board: Board) => {
      tries = 0
      onState(true)
      onBoard(board)
    }
    // However it ends, it is opened again.
    await watchOnce(take, stopped).catch(() => {})
    if (stopped.aborted) return
    onState(false)
    await pause(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? 0, stopped)
  }
}

async function watchOnce(take: (board: Board) => void, stopped: AbortSignal): Promise<void> {
  const broken = new AbortController()
  let timer = setTimeout(() => broken.abort(), SILENT_MS)
  const hear = () => {
    clearTimeout(timer)
    timer = setTimeout(() => broken.abort(), SILENT_MS)
  }
  try {
    const response = await fetch('graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'accept-language': locale(),
        ...fromWhom(),
      },
      body: JSON.stringify({ query: readOperations.boardChanged }),
      signal: AbortSignal.any([stopped, broken.signal]),
    })
    heed(REFUSALS[response.status] ?? '')
    if (!response.ok || !response.body) return
    for await (const { name, data } of readEvents(response.body, hear)) {
      if (name === 'complete') return
      const board = name === 'next' ? boardIn(data) : undefined
      if (board) take(board)
    }
  } finally {
    clearTimeout(timer)
    broken.abort()
  }
}

function boardIn(data: string): Board | undefined {
  const answer = JSON.parse(data) as { data?: { board: Board } | null }
  return answer.data?.board
}

function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    stopped.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
