import { createServer } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect } from '../../harness/app.ts'
import { givenTapped } from '../../harness/fixtures.ts'
import { test } from '../../harness/graphql.ts'
import { openEventStream } from '../../harness/graphql-client.ts'
import { listen } from '../../harness/listen.ts'

const WATCH = `subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { status } }`

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

describe('an event stream that is open', () => {
  test('lets go of the request that started it', async ({ app, graphql }) => {
    const received: WeakRef<object>[] = []
    const server = createServer((request, response) => {
      received.push(new WeakRef(request.headers))
      request.on('data', (chunk: Buffer) => received.push(new WeakRef(chunk)))
      graphql.server.handleRequest(request, response)
    })
    const url = `http://127.0.0.1:${await listen(server)}/graphql`
    const { guest, payment } = await givenTapped(app)
    const { accessToken } = await graphql.as(guest)
    const events = await openEventStream(url, WATCH, { variables: { sn: payment.sn }, accessToken })
    await expect.poll(() => events.received.length).toBe(1)
    const held = () => {
      collectGarbage()
      return received.filter((each) => each.deref() !== undefined).length
    }
    expect(received).toHaveLength(2)
    await expect.poll(held).toBe(0)
    expect(events.state()).toBe('open')
    events.leave()
    server.close().closeAllConnections()
  })
})
