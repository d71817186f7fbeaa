import { randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'

export const GOING_AWAY = 1001

/** Each socket is pinged in one of so many sweeps, so that thousands aren't in one tick. */
const PING_EVERY_SWEEPS = 12
const SWEEP_EVERY_MS = 1_000
/** How long the end of its lifetime waits for the operations that a socket has in hand. */
const FINISH_WITHIN_MS = 60_000
/** By how much lifetimes differ, so that clients that connected together don't come back together. */
const LIFETIME_JITTER = 0.1

/** What the upkeep knows of a socket. */
interface Kept {
  endsAt: number
  /** In which of the sweeps it is pinged. */
  turn: number
  /** What its pong has to carry; null when it is answered. */
  unanswered: Buffer | null
}

export interface SocketUpkeep<Socket extends WebSocket> {
  /** Takes a socket in, until it closes. */
  add: (socket: Socket) => void
  /** One round of the upkeep; done every second. `nowMs`: of `performance.now()`. */
  sweep: (nowMs?: number) => void
  stop: () => void
}

/** The lifetime of a connection in ms: up to a tenth shorter than the limit. */
export function lifetimeMs(lifetimeSeconds: number): number {
  return lifetimeSeconds * 1_000 * (1 - LIFETIME_JITTER * Math.random())
}

/**
 * Terminates sockets that don't answer a ping until the next one, 12 s later, and closes with 1001 those that lived
 * long enough. Only the pong that carries what its ping did counts.
 *
 * @param isBusy whether a socket has operations in hand.
 */
export function keepSockets<Socket extends WebSocket>(
  { lifetimeSeconds }: { lifetimeSeconds: number },
  isBusy: (socket: Socket) => boolean,
): SocketUpkeep<Socket> {
  const kept = new Map<WebSocket, Kept & { socket: Socket }>()
  let turn = 0

  const sweep = (nowMs = performance.now()) => {
    turn = (turn + 1) % PING_EVERY_SWEEPS
    const ping = randomBytes(8)
    for (const each of kept.values()) {
      if (each.socket.readyState !== each.socket.OPEN) continue
      if (nowMs >= each.endsAt && (!isBusy(each.socket) || nowMs >= each.endsAt + FINISH_WITHIN_MS)) {
        each.socket.close(GOING_AWAY, 'Connect again')
      } else if (each.turn === turn) pingOrTerminate(each, ping)
    }
  }
  const timer = setInterval(sweep, SWEEP_EVERY_MS)

  // All sockets share the listeners.
  function answer(this: WebSocket, payload: Buffer): void {
    const each = kept.get(this)
    if (each?.unanswered?.equals(payload)) each.unanswered = null
  }
  function leave(this: WebSocket): void {
    kept.delete(this)
  }

  return {
    add(socket) {
      const endsAt = performance.now() + lifetimeMs(lifetimeSeconds)
      const turnOfSocket = Math.floor(Math.random() * PING_EVERY_SWEEPS)
      kept.set(socket, { socket, endsAt, turn: turnOfSocket, unanswered: null })
      socket.on('pong', answer).on('close', leave)
    },
    sweep,
    stop: () => clearInterval(timer),
  }
}

function pingOrTerminate(kept: Kept & { socket: WebSocket }, ping: Buffer): void {
  if (kept.unanswered) return kept.socket.terminate()
  kept.unanswered = ping
  kept.socket.ping(ping)
}
