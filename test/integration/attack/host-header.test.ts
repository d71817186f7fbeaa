import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { createGraphqlServer } from '../../../src/http/graphql/server.ts'
import { createOperations } from '../../../src/http/operations.ts'
import { openHttpServer } from '../../../src/http/server.ts'
import { createNoticeRoute } from '../../../src/http/wechat-notify.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'

/** Sends a request with any `Host`, even one that no HTTP library would send. @returns the raw response. */
async function sendWithHost(url: string, host: string): Promise<string> {
  const body = '{"query":"{ __typename }"}'
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost:${host}\r\ncontent-type: application/json\r\n` +
      `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  )
  return text(socket)
}

async function openServer({ deps }: TestApp) {
  const operations = createOperations({
    databaseUrl: () => deps.config.databaseUrl,
    isPooled: false,
    database: () => undefined,
    pubsub: () => deps.pubsub,
    state: () => 'serving',
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
    log: deps.log,
  })
  const listen = { host: '127.0.0.1', port: 0, operations, metrics: () => deps.metrics, log: deps.log }
  const http = await openHttpServer(listen)
  const graphql = createGraphqlServer(deps)
  http.serve({ notice: createNoticeRoute(deps), graphql })
  const close = async () => {
    await Promise.all([http.close(1_000), graphql.close(), operations.close()])
  }
  return { url: http.url, close }
}

describe('a malformed Host header', () => {
  test('answers 400 to a malformed Host header, without leaking a stack trace', async ({ app, onTestFinished }) => {
    const server = await openServer(app)
    onTestFinished(server.close)

    for (const host of [' [', ' a b', ' x:99999', ' %', ' ::::']) {
      const answer = await sendWithHost(server.url, host)
      expect(answer).toMatch(/^HTTP\/1\.1 400 /)
      expect(answer).not.toMatch(/node_modules| at /)
    }
    for (const host of [' 127.0.0.1', ' [::1]:4000', ' pay.example.com']) {
      expect(await sendWithHost(server.url, host)).toMatch(/^HTTP\/1\.1 200 /)
    }
  })
})
