import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws'
import { keepSockets, type SocketUpkeep } from '../../../src/http/graphql/socket-upkeep.ts'
import { describe, expect, test } from '../../harness/app.ts'

const LIFETIME_SECONDS = 100
/** In as many sweeps each socket is pinged once. */
const ROUND = 12

/** A socket in the server's care, and its client. */
async function openKept({ isBusy = () => false, ...options }: ClientOptions & { isBusy?: () => boolean } = {}) {
  const upkeep = keepSockets<WebSocket>({ lifetimeSeconds: LIFETIME_SECONDS }, isBusy)
  // Its rounds are ours from here on.
  upkeep.stop()
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  await once(server, 'listening')
  const connected = once(server, 'connection')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, options)
  const closed = new Promise<number>((resolve) => client.once('close', resolve))
  const [socket] = (await connected) as [WebSocket]
  await once(client, 'open')
  upkeep.add(socket)
  const received = { pings: 0, pongs: 0 }
  client.on('ping', () => received.pings++)
  socket.on('pong', () => received.pongs++)
  return { upkeep, client, socket, closed, received }
}

/** `performance.now()` after so much of a lifetime. */
const after = (lifetimes: number) => performance.now() + lifetimes * LIFETIME_SECONDS * 1_000

function sweepRound(upkeep: SocketUpkeep<WebSocket>): void {
  for (let sweep = 0; sweep < ROUND; sweep++) upkeep.sweep()
}

describe('the upkeep of sockets', () => {
  test('keeps a socket that answers each ping', async () => {
    const { upkeep, client, received } = await openKept()
    for (let round = 1; round <= 3; round++) {
      sweepRound(upkeep)
      await expect.poll(() => received.pongs).toBeGreaterThanOrEqual(round)
    }
    expect(client.readyState).toBe(WebSocket.OPEN)
  })

  test('terminates a socket that leaves a ping unanswered until the next', async () => {
    const { upkeep, closed, received } = await openKept({ autoPong: false })
    sweepRound(upkeep)
    await expect.poll(() => received.pings).toBe(1)
    sweepRound(upkeep)
    expect(await closed).toBe(1006)
  })

  test('terminates a socket that sends pongs which answer no ping', async () => {
    const { upkeep, client, closed, received } = await openKept({ autoPong: false })
    sweepRound(upkeep)
    await expect.poll(() => received.pings).toBe(1)
    client.pong()
    client.pong('12345678')
    await expect.poll(() => received.pongs).toBe(2)
    sweepRound(upkeep)
    expect(await closed).toBe(1006)
  })

  test('closes a socket with 1001 at the end of its lifetime', async () => {
    const { upkeep, client, closed } = await openKept()
    upkeep.sweep(after(0.8))
    expect(client.readyState).toBe(WebSocket.OPEN)
    upkeep.sweep(after(1))
    expect(await closed).toBe(1001)
  })

  test('waits with that for the operations that the socket has in hand, and not for ever', async () => {
    let isBusy = true
    const { upkeep, socket, closed } = await openKept({ isBusy: () => isBusy })
    upkeep.sweep(after(1))
    expect(socket.readyState).toBe(WebSocket.OPEN)
    isBusy = false
    upkeep.sweep(after(1))
    expect(await closed).toBe(1001)

    const stuck = await openKept({ isBusy: () => true })
    stuck.upkeep.sweep(after(2))
    expect(await stuck.closed).toBe(1001)
  })
})
