import { retryMs } from '../../kit/retry.ts'
import type { Traffic } from '../traffic/traffic.ts'
import { operations } from './operations.ts'
import { openSocket, type SocketMessage } from './socket.ts'
import type { Payment } from './types.ts'

/** Closed because the token isn't accepted: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. */
const FORBIDDEN = 4403

export interface LiveInput {
  traffic: Traffic
  /** The session's current token. */
  token: () => string
  /** `broken`: the socket will be reopened; `expired`: it won't. */
  onState: (state: 'open' | 'broken' | 'expired') => void
}

interface Watcher {
  /** The order that the payment is for. */
  orderSn: string
  onNext(payment: Payment): void
  /** There will be no more: the subscription failed, or it is over. */
  onEnd(): void
}

export interface Live {
  watchPayment(sn: string, watcher: Watcher): void
  /** After a sign-out; the next subscription opens a new socket. */
  close(): void
}

/** One socket for all of a guest's subscriptions, opened for the first one and reopened when it breaks. */
export function openLive(input: LiveInput): Live {
  const { traffic, token } = input
  const running = openSubscriptions()
  let socket: ReturnType<typeof openSocket> | undefined
  let tries = 0

  const start = (id: string, sn: string) => {
    socket?.send({ id, type: 'subscribe', payload: { query: operations.paymentStatusChanged, variables: { sn } } })
  }
  const lose = (code: number) => {
    socket = undefined
    input.onState(code === FORBIDDEN ? 'expired' : 'broken')
    if (code === FORBIDDEN) return running.endAll()
    if (running.some()) setTimeout(() => socket ?? connect(), retryMs(tries++))
  }
  const connect = () => {
    const row = traffic.add({ from: 'guest', to: 'api', title: 'WebSocket', parts: [{ code: 'graphql-transport-ws' }] })
    const opened = openSocket(token(), {
      onReady(message) {
        tries = 0
        row.answer({ note: 'connection_ack', parts: [{ json: message }] })
        input.onState('open')
        running.forEach(start)
      },
      onMessage: running.handle,
      onClose(code) {
        if (socket !== opened) return
        row.answer({ failed: true, note: String(code), parts: [{ code: `closed with ${code}` }] })
        lose(code)
      },
    })
    socket = opened
  }
  return {
    watchPayment(sn, watcher) {
      const id = running.add(sn, watcher)
      if (!socket) connect()
      else if (socket.isReady()) start(id, sn)
      drawSubscription(traffic, sn, watcher)
    },
    close() {
      running.endAll()
      const open = socket
      socket = undefined
      open?.close()
    },
  }
}

function drawSubscription(traffic: Traffic, sn: string, { orderSn }: Watcher): void {
  const parts = [{ code: operations.paymentStatusChanged }, { json: { sn } }]
  traffic.add({ from: 'guest', to: 'api', title: 'paymentStatusChanged', note: 'subscribe', parts, orderSn })
}

/** The subscriptions that shall run, on whatever socket there is. */
function openSubscriptions() {
  const running = new Map<string, { sn: string; watcher: Watcher }>()
  let lastId = 0
  return {
    add(sn: string, watcher: Watcher): string {
      const id = String(++lastId)
      running.set(id, { sn, watcher })
      return id
    },
    some: () => running.size > 0,
    forEach(visit: (id: string, sn: string) => void) {
      for (const [id, { sn }] of running) visit(id, sn)
    },
    handle({ id = '', type, payload }: SocketMessage) {
      const subscription = running.get(id)
      if (!subscription) return
      if (type === 'next') return subscription.watcher.onNext(paymentOf(payload))
      running.delete(id)
      subscription.watcher.onEnd()
    },
    endAll() {
      const ended = [...running.values()]
      running.clear()
      for (const { watcher } of ended) watcher.onEnd()
    },
  }
}

function paymentOf(payload: unknown): Payment {
  return (payload as { data: { paymentStatusChanged: Payment } }).data.paymentStatusChanged
}
