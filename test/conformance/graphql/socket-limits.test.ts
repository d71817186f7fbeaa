import { describe, expect, type TestApp } from '../../harness/app.ts'
import { type TestGraphql, test } from '../../harness/graphql.ts'
import { whileLocked } from '../../harness/race.ts'
import { openAcknowledged, operation, type RawSocket } from '../../harness/raw-socket.ts'

const refusal = (id: string) => ({
  id,
  type: 'error',
  payload: [{ message: expect.any(String), extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 } }],
})
const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index))
const ofType = ({ messages }: RawSocket, type: string) => messages.filter((message) => message.type === type)
const idsOf = (raw: RawSocket, type: string) => new Set(ofType(raw, type).map(({ id }) => id))

/** Waits for the lock of the viewer's row. */
const BLOCKED = 'mutation { refreshSession { accessToken } }'

async function signedIn(app: TestApp, graphql: TestGraphql) {
  const { accessToken } = await graphql.signIn('o_guest')
  const { userId } = await app.deps.db.session.findFirstOrThrow()
  return { lock: { table: 'user', key: userId } as const, authorization: `Bearer ${accessToken}` }
}

describe('a socket', () => {
  test.override({ env: { LIMIT_OPERATIONS_PER_SOCKET_SECOND: '100000' } })

  test('refuses with RATE_LIMITED an operation beyond the 20 that a socket has in hand', async ({ app, graphql }) => {
    const { lock, authorization } = await signedIn(app, graphql)
    const raw = await openAcknowledged(graphql.url, { authorization })
    const other = await openAcknowledged(graphql.url)

    await whileLocked(app, lock, async (waiters) => {
      for (const id of numbers(5_000)) raw.send(operation(BLOCKED, id))
      await waiters(1)
      await expect.poll(() => raw.messages.length).toBe(4_980)
      expect(raw.messages[0]).toEqual(refusal('20'))
      expect(idsOf(raw, 'error').size).toBe(4_980)
      other.send(operation('{ __typename }'))
      await expect.poll(() => other.messages).toHaveLength(2)
      return () => Promise.resolve()
    })
    for (const { socket } of [raw, other]) socket.close()
  })

  test('keeps the slot of an operation that its client completed until the work is done', async ({ app, graphql }) => {
    const { lock, authorization } = await signedIn(app, graphql)
    const raw = await openAcknowledged(graphql.url, { authorization })
    await whileLocked(app, lock, async (waiters) => {
      for (const id of numbers(20)) {
        raw.send(operation(BLOCKED, id))
        raw.send({ id, type: 'complete' })
      }
      await waiters(1)
      raw.send(operation('{ __typename }', 'one more'))
      await expect.poll(() => raw.messages).toEqual([refusal('one more')])
      return () => Promise.resolve()
    })
    raw.socket.close()
  })

  test('releases the slots of operations that fail', async ({ graphql }) => {
    const raw = await openAcknowledged(graphql.url, { authorization: 'Bearer nonsense' })
    const failing = [
      '{',
      '{ nothing }',
      'fragment F on Query { __typename }',
      '{ __typename }',
      'query A { __typename }',
    ]
    for (const id of numbers(60)) {
      raw.send(operation(failing[Number(id) % failing.length] ?? '', id))
      await expect.poll(() => raw.messages).toHaveLength(Number(id) + 1)
    }
    expect(JSON.stringify(raw.messages)).not.toContain('RATE_LIMITED')
    raw.socket.close()
  })

  test('releases the slots of operations that succeed', async ({ graphql }) => {
    const raw = await openAcknowledged(graphql.url)
    for (const count of [20, 40, 60]) {
      for (const id of numbers(20)) raw.send(operation('{ __typename }', id))
      await expect.poll(() => ofType(raw, 'complete').length).toBe(count)
    }
    expect(ofType(raw, 'error')).toEqual([])
    raw.socket.close()
  })
})
