import { operations } from './operations.js'

const RETRY_MS = [500, 1000, 2000, 4000, 8000]

/**
 * One `graphql-transport-ws` socket for all of a guest's subscriptions, opened for the first one and reopened when it
 * breaks: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md.
 *
 * @param token returns the session's current token.
 * @param onState called with `open`, `broken` (the socket will be reopened) or `expired` (it won't).
 */
export function openLive({ traffic, token, onState }) {
  const running = new Map()
  let socket
  let isReady = false
  let tries = 0
  let lastId = 0

  const send = (message) => socket.send(JSON.stringify(message))
  const start = (id, { name, variables }) => {
    send({ id, type: 'subscribe', payload: { query: operations[name], variables } })
  }
  const connect = () => {
    const row = traffic.add({ from: 'guest', to: 'api', title: 'WebSocket', parts: [{ code: 'graphql-transport-ws' }] })
    const opened = new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}/graphql`, [
      'graphql-transport-ws',
    ])
    socket = opened
    opened.addEventListener('open', () => {
      send({ type: 'connection_init', payload: { authorization: `Bearer ${token()}` } })
    })
    opened.addEventListener('close', ({ code }) => {
      if (socket !== opened) return
      socket = undefined
      isReady = false
      row.answer({ failed: true, note: String(code), parts: [{ code: `closed with ${code}` }] })
      onState(code === 4403 ? 'expired' : 'broken')
      if (code === 4403) return endAll()
      if (running.size > 0) setTimeout(() => socket ?? connect(), RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)])
    })
    opened.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data)
      if (message.type === 'ping') return send({ type: 'pong' })
      if (message.type === 'connection_ack') {
        tries = 0
        isReady = true
        row.answer({ note: 'connection_ack', parts: [{ json: message }] })
        onState('open')
        for (const [id, subscription] of running) start(id, subscription)
        return
      }
      handleMessage(message)
    })
  }
  const handleMessage = ({ id, type, payload }) => {
    const subscription = running.get(id)
    if (!subscription) return
    if (type === 'next') return subscription.onNext(payload)
    running.delete(id)
    if (type === 'error') subscription.onError(payload)
    else subscription.onComplete()
  }

  const endAll = () => {
    const ended = [...running.values()]
    running.clear()
    for (const { onComplete } of ended) onComplete()
  }

  return {
    /** @returns a function that ends the subscription. `handlers` are onNext(result), onError(errors), onComplete(). */
    subscribe(name, variables, handlers) {
      const id = String(++lastId)
      const subscription = { name, variables, ...handlers }
      running.set(id, subscription)
      if (!socket) connect()
      else if (isReady) start(id, subscription)
      traffic.add({
        from: 'guest',
        to: 'api',
        title: name,
        note: 'subscribe',
        parts: [{ code: operations[name] }, { json: variables }],
      })
      return () => {
        if (!running.delete(id)) return
        if (isReady) send({ id, type: 'complete' })
      }
    },
    /** After a sign-out; the next subscription opens a new socket. */
    close() {
      endAll()
      const open = socket
      socket = undefined
      isReady = false
      open?.close(1000)
    },
  }
}
