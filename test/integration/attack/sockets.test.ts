import { once } from 'node:events'
import { createServer } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql'
import { createYoga } from 'graphql-yoga'
import { onTestFinished } from 'vitest'
import type { GraphqlContext, Transport } from '../../../src/graphql/context.ts'
import { useSharedResults } from '../../../src/http/graphql/shared-results.ts'
import { createSocketLimits } from '../../../src/http/graphql/socket-limits.ts'
import { createSocketProtocol } from '../../../src/http/graphql/socket-protocol.ts'
import { openSocketServer } from '../../../src/http/graphql/socket-server.ts'
import { createOperationSlots } from '../../../src/http/limits/operation-slots.ts'
import { describe, expect, type TestApp } from '../../harness/app.ts'
import { test } from '../../harness/graphql.ts'
import { listen } from '../../harness/listen.ts'
import { openAcknowledged, openRaw, operation, type RawSocket } from '../../harness/raw-socket.ts'
import { socketCounts } from '../../harness/socket-counts.ts'

const times = (count: number) => Array.from({ length: count }, (_, index) => String(index))
const long = 'x'.repeat(20 * 1024)
/** Refused by an error that quotes it. */
const UNKNOWN_FIELD = `{ ${long} }`

/** A socket whose client stops to read from now on. */
function stopReading(raw: RawSocket): RawSocket {
  raw.socket.on('error', () => {})
  raw.socket.pause()
  onTestFinished(() => raw.socket.terminate())
  return raw
}

async function expectAlive(url: string): Promise<void> {
  const fresh = await openAcknowledged(url)
  fresh.send(operation('{ __typename }'))
  await expect.poll(() => fresh.messages.at(-1)).toEqual({ id: '1', type: 'complete' })
  fresh.socket.close()
  await once(fresh.socket, 'close')
}

async function* pushes() {
  for (;;) {
    await setImmediate()
    yield { push: long }
  }
}

/** Sockets whose subscriptions send without end, as fast as they may. */
async function servePushes({ deps }: TestApp): Promise<string> {
  const schema = new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: { push: { type: GraphQLString } } }),
    subscription: new GraphQLObjectType({
      name: 'Subscription',
      fields: { push: { type: GraphQLString, subscribe: pushes } },
    }),
  })
  const limits = createSocketLimits(deps)
  const protocol = createSocketProtocol({
    log: deps.log,
    authenticate: async () => null,
    watchSession: () => () => {},
    envelop: createYoga<Transport, GraphqlContext>({ schema, plugins: [useSharedResults(deps)] }).getEnveloped,
    limits,
    slots: createOperationSlots(deps),
    initSeconds: deps.config.limits.socketInitSeconds,
  })
  const sockets = openSocketServer(deps, protocol, limits)
  const http = createServer().on('upgrade', sockets.handleUpgrade)
  const port = await listen(http)
  onTestFinished(async () => {
    await sockets.close()
    http.close()
  })
  return `http://127.0.0.1:${port}/graphql`
}

describe('a hostile socket', () => {
  test.override({ env: { RATE_LIMIT_FACTOR: '1' } })

  test.for<[what: string, flood: (raw: RawSocket) => void]>([
    ['operations in one chunk', (raw) => times(10_000).forEach((id) => raw.send(operation('{ __typename }', id)))],
    ['pings with a payload', (raw) => times(500).forEach(() => raw.send({ type: 'ping', payload: { long } }))],
    ['ping frames', ({ socket }) => times(2_000).forEach(() => socket.ping('x'.repeat(125)))],
    ['pong frames', ({ socket }) => times(2_000).forEach(() => socket.pong('x'.repeat(125)))],
  ])('is closed with 4429 when it floods us with %s', async ([, flood], { app, graphql }) => {
    const { openSockets, refusals } = socketCounts(app)
    const raw = await openAcknowledged(graphql.url)
    raw.socket.on('error', () => {})
    flood(raw)
    expect(await raw.closed).toBe(4429)
    await expect.poll(openSockets).toBe(0)
    expect(await refusals('operationsPerSocketSecond')).toBe(1)
    await expectAlive(graphql.url)
  })

  test('is gone when it floods us and does not read', async ({ app, graphql }) => {
    const { openSockets } = socketCounts(app)
    const raw = stopReading(await openAcknowledged(graphql.url))
    for (const _ of times(2_000)) raw.send({ type: 'ping', payload: { long } })
    await expect.poll(openSockets).toBe(0)
    await expectAlive(graphql.url)
  })
})

describe('a socket without connection_init', () => {
  test.override({ env: { LIMIT_SOCKET_INIT_SECONDS: '1' } })

  test('is closed with 4408', async ({ app, graphql }) => {
    const { openSockets, refusals } = socketCounts(app)
    const raws = await Promise.all(times(5).map(() => openRaw(graphql.url)))
    for (const raw of raws) raw.send({ type: 'ping' })
    expect(await Promise.all(raws.map(({ closed }) => closed))).toEqual(raws.map(() => 4408))
    await expect.poll(openSockets).toBe(0)
    expect(await refusals('socketInitSeconds')).toBe(5)
  })
})

describe('a socket whose client does not read', () => {
  test.override({ env: { LIMIT_OPERATIONS_PER_SOCKET_SECOND: '100000' } })

  test('is terminated once its unread answers exceed the limit', async ({ app, graphql }) => {
    const { openSockets, refusals } = socketCounts(app)
    const raw = stopReading(await openAcknowledged(graphql.url))
    for (const id of times(1_000)) raw.send(operation(UNKNOWN_FIELD, id))
    await expect.poll(() => refusals('unreadBytes')).toBe(1)
    await expect.poll(openSockets).toBe(0)
    await expectAlive(graphql.url)
  })

  test('has one pong waiting at most', async ({ app, graphql }) => {
    const { refusals } = socketCounts(app)
    const raw = stopReading(await openAcknowledged(graphql.url))
    for (const _ of times(2_000)) raw.send({ type: 'ping', payload: { long } })
    await expectAlive(graphql.url)
    expect(await refusals('unreadBytes')).toBe(0)
  })

  test('is terminated for what we push, though it sends nothing', async ({ app }) => {
    const { openSockets, refusals } = socketCounts(app)
    const raw = await openAcknowledged(await servePushes(app))
    stopReading(raw)
    for (const id of times(100)) raw.send(operation('subscription { push }', id))
    await expect.poll(() => refusals('unreadBytes')).toBe(1)
    await expect.poll(openSockets).toBe(0)
  })
})
