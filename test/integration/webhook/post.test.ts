import { createServer, type RequestListener } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { post } from '../../../src/webhook/post.ts'
import { listen } from '../../harness/listen.ts'

const allowed = { production: false, allowPrivate: true }
const strict = { production: false, allowPrivate: false }

async function serve(
  handle: RequestListener,
): Promise<{ port: number; requests: string[]; connections(): Promise<number> }> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.headers.host} ${request.url}`)
    handle(request, response)
  })
  const port = await listen(server)
  onTestFinished(() => server.close().closeAllConnections())
  const connections = () =>
    new Promise<number>((resolve, reject) =>
      server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    )
  return { port, requests, connections }
}

async function findsNothing(): Promise<never> {
  throw Object.assign(new Error('queryA ENOTFOUND'), { code: 'ENOTFOUND' })
}

const call = { headers: { 'webhook-id': 'evt_1' }, body: '{}' }

describe('a call of a webhook', () => {
  test('follows no redirect', async () => {
    const { port, requests } = await serve((_request, response) => {
      response.writeHead(307, { location: '/elsewhere' }).end()
    })
    expect(await post({ ...call, url: `http://127.0.0.1:${port}/`, rules: allowed })).toEqual({
      status: 307,
      text: '307',
    })
    expect(requests).toHaveLength(1)
  })

  test('reads the beginning of an endless answer, and ends', async () => {
    const { port } = await serve((_request, response) => {
      response.writeHead(500)
      const more = () => void (response.destroyed || (response.write('x'.repeat(10_000)), setTimeout(more, 1)))
      more()
    })
    const { status, text } = await post({ ...call, url: `http://127.0.0.1:${port}/`, rules: allowed })
    expect(status).toBe(500)
    expect(text.length).toBeLessThan(300)
  })

  test('keeps no connection open whose answer is good and never ends', async () => {
    const { port, connections } = await serve((_request, response) => {
      response.writeHead(200).write('more follows')
    })
    const url = `http://127.0.0.1:${port}/`
    const answer = await post({ ...call, url, rules: allowed, withinMs: 600_000 })
    expect(answer).toEqual({ status: 200, text: '200' })
    await expect.poll(connections).toBe(0)
  })

  test('counts an answer as good whose body breaks off', async () => {
    const { port } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('one', () => response.destroy())
    })
    const answer = await post({ ...call, url: `http://127.0.0.1:${port}/`, rules: allowed })
    expect(answer).toEqual({ status: 200, text: '200' })
  })

  test('keeps what a terminal or a database would stumble over out of an answer', async () => {
    const { port } = await serve((_request, response) => {
      response.writeHead(500).end('\u0000out\u001b[2J of\u009b31m \u202eorder\r\n')
    })
    const answer = await post({ ...call, url: `http://127.0.0.1:${port}/`, rules: allowed })
    expect(answer).toEqual({ status: 500, text: '500 out [2J of 31m order' })
  })

  test('refuses to change the protocol', async () => {
    const { port } = await serve((_request, response) => {
      response.writeHead(101, { connection: 'upgrade', upgrade: 'other' }).end()
    })
    const answer = await post({ ...call, url: `http://127.0.0.1:${port}/`, rules: allowed, withinMs: 600_000 })
    expect(answer).toMatchObject({ status: null })
  })

  test('refuses an answer of endless headers', async () => {
    const { port } = await serve((_request, response) => {
      response.writeHead(200, { 'x-long': 'x'.repeat(12_000) }).end()
    })
    expect(await post({ ...call, url: `http://127.0.0.1:${port}/`, rules: allowed })).toMatchObject({ status: null })
  })

  test.for(['beginning', 'end'])('gives up when the %s of an answer does not come', async (missing) => {
    const { port } = await serve((_request, response) => {
      if (missing === 'end') response.writeHead(500).write('wait')
    })
    const url = `http://127.0.0.1:${port}/`
    const answer = await post({ ...call, url, rules: allowed, withinMs: 200 })
    expect(answer).toEqual({ status: null, text: 'no answer in time' })
  })

  test('connects to the address that was checked, and asks for it once', async () => {
    const { port, requests } = await serve((_request, response) => void response.writeHead(200).end())
    const asked: string[] = []
    const resolve = async (host: string) => {
      asked.push(host)
      return ['127.0.0.1']
    }
    const url = `http://hooks.example.com:${port}/paid`
    expect(await post({ ...call, url, rules: allowed, resolve })).toMatchObject({ status: 200 })
    expect(requests).toEqual([`POST hooks.example.com:${port} /paid`])
    expect(asked).toEqual(['hooks.example.com'])
  })

  test.for([[['127.0.0.1']], [['169.254.169.254']], [['::ffff:10.0.0.1']], [['93.184.215.14', '10.0.0.1']]])(
    'does not connect when the name leads to %s',
    async ([addresses = []]) => {
      const { port, requests } = await serve((_request, response) => void response.writeHead(200).end())
      const url = `http://hooks.example.com:${port}/`
      const answer = await post({ ...call, url, rules: strict, resolve: async () => addresses })
      expect(answer).toEqual({ status: null, text: expect.stringContaining('no public address') })
      expect(requests).toEqual([])
    },
  )

  test('does not connect to an address that is not allowed any more', async () => {
    const { port, requests } = await serve((_request, response) => void response.writeHead(200).end())
    expect(await post({ ...call, url: `http://127.0.0.1:${port}/`, rules: strict })).toMatchObject({ status: null })
    expect(requests).toEqual([])
  })

  test('says why there was no answer', async () => {
    expect(await post({ ...call, url: 'https://nowhere.example.com/', rules: strict, resolve: findsNothing })).toEqual({
      status: null,
      text: expect.stringContaining('ENOTFOUND'),
    })
    expect(await post({ ...call, url: 'http://127.0.0.1:1/', rules: allowed })).toEqual({
      status: null,
      text: expect.stringContaining('ECONNREFUSED'),
    })
  })
})
