import { WebSocket } from 'ws'
import type { WebSocketClass } from '../../client/src/pay-client.ts'

/** A state of a payment, as it came over a socket. */
export interface Sent {
  /** Which socket it was, by the order in which they were made. */
  socket: number
  paymentSn: string
  version: number
  status: string
}

/** What is seen of all sockets of a rehearsal from the side of their clients. */
export interface WatchedSockets {
  /** For a client of ours. */
  socketClass: WebSocketClass
  /** Every state, in the order of its arrival, before a client has left out anything. */
  sent: Sent[]
  opened(): number
  /** How many could not be opened. */
  refused(): number
  /** How many of those that were open ended with each code, 1006 being none; not those that their clients let go of. */
  ended: Map<number, number>
}

/** GraphQL over WebSocket, as far as states of payments are concerned. */
interface Message {
  type: string
  payload?: { data?: { paymentStatusChanged?: { sn: string; version: number; status: string } } }
}

export function watchSockets(): WatchedSockets {
  const sent: Sent[] = []
  const ended = new Map<number, number>()
  let made = 0
  let opened = 0
  let refused = 0

  const hear = (socket: number, text: string) => {
    const { type, payload } = JSON.parse(text) as Message
    const state = type === 'next' ? payload?.data?.paymentStatusChanged : undefined
    if (state) sent.push({ socket, paymentSn: state.sn, version: state.version, status: state.status })
  }
  class WatchedSocket extends WebSocket {
    isLetGo = false

    constructor(url: string, protocol: string) {
      super(url, protocol)
      const nth = made++
      let isOpen = false
      this.on('open', () => {
        isOpen = true
        opened += 1
      })
      this.on('message', (data: Buffer) => hear(nth, data.toString()))
      this.on('close', (code) => {
        if (this.isLetGo) return
        if (isOpen) ended.set(code, (ended.get(code) ?? 0) + 1)
        else refused += 1
      })
    }

    override terminate(): void {
      this.isLetGo = true
      super.terminate()
    }
  }
  return {
    socketClass: WatchedSocket,
    sent,
    opened: () => opened,
    refused: () => refused,
    ended,
  }
}
