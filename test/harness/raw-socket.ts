import { once } from 'node:events'
import { expect } from 'vitest'
import { WebSocket } from 'ws'

export interface RawSocket {
  socket: WebSocket
  messages: { type: string; id?: string; payload?: unknown }[]
  send(message: unknown): void
  closed: Promise<number>
}

/** A WebSocket client that sends only what the test sends, and breaks the protocol if the test does. */
export async function openRaw(url: string, protocols = ['graphql-transport-ws']): Promise<RawSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'), protocols)
  const messages: RawSocket['messages'] = []
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString())))
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await once(socket, 'open')
  return {
    socket,
    messages,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
  }
}

/** The same, past its connection_ack. */
export async function openAcknowledged(url: string, payload?: unknown): Promise<RawSocket> {
  const raw = await openRaw(url)
  raw.send({ type: 'connection_init', payload })
  await expect.poll(() => raw.messages).toEqual([{ type: 'connection_ack' }])
  raw.messages.length = 0
  return raw
}

export const operation = (query: string, id = '1') => ({ id, type: 'subscribe', payload: { query } })
