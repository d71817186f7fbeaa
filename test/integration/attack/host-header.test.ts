import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from '../../harness/app.ts'
import { openTestHttpServer } from '../../harness/http-server.ts'

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

describe('a malformed Host header', () => {
  test('answers 400 to a malformed Host header, without leaking a stack trace', async ({ app }) => {
    const server = await openTestHttpServer(app)

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
