import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'
import { describe, expect } from '../../harness/app.ts'
import { listen } from '../../harness/listen.ts'
import { run } from '../../harness/processes.ts'
import { test } from './phone.ts'

const unconfirmed = { outcome: 'NOT_PAID', reason: 'UNCONFIRMED' }
const closed = { ok: false, problem: { code: 'NETWORK', message: 'The client is closed.' } }

describe('close()', () => {
  test.for([
    ['has paid', { outcome: 'PAID' }],
    ['watches by Node’s own WebSocket', unconfirmed],
    ['watches by the WebSocket of `ws`', unconfirmed],
    ['watches by server-sent events', unconfirmed],
    ['is just opening its socket', undefined],
    ['has just asked', closed],
    ['waits for an answer', closed],
    ['waits for a code to sign in with', closed],
    ['waits to reconnect', undefined],
  ] as const)('lets a Node process end that %s', async ([use, result], { app, graphql, phone }) => {
    const silent = createServer(() => {})
    onTestFinished(() => silent.close().closeAllConnections())
    const env = {
      URL: graphql.url,
      SILENT_URL: `http://127.0.0.1:${await listen(silent)}/graphql`,
      SANDBOX_URL: app.sandbox.url,
      OPENID: phone.guest.nickname,
      ORDER_SN: phone.order.sn,
    }
    const process = run(['node', 'test/integration/client/leaving-client.ts', use], { env })

    const [printed] = await process.says(/^\{.*\}$/m)

    expect(JSON.parse(printed)).toEqual({ ...(result && { result: expect.objectContaining(result) }), timers: [] })
    expect(await process.ended).toEqual({ code: 0, signal: null })
  })
})
