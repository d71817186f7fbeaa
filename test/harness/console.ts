import { request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import type { OperatorRole } from '../../prisma/client/enums.ts'
import { type Console, createConsole } from '../../src/console/console.ts'
import { openConsoleServer } from '../../src/console/server.ts'
import { inviteOperator } from '../../src/operator/account.ts'
import type { TestApp } from './app.ts'

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: string
}

/** A browser of an operator's: what it sends unless a test says otherwise. */
export interface Browser {
  cookie: string
  /** Sends an operation. @throws with what was answered, when there are errors. */
  ask<Data>(query: string, variables?: object): Promise<Data>
  send(input?: Partial<Sent>): Promise<Answer>
}

interface Sent {
  method: string
  path: string
  headers: Record<string, string | undefined>
  body: string
}

export interface TestConsole {
  url: string
  console: Console
  send(input: Partial<Sent>): Promise<Answer>
  /** What stands in a link of this operator's. */
  invite(name?: string, role?: OperatorRole): Promise<string>
  signIn(name?: string, role?: OperatorRole): Promise<Browser>
}

/** The console on a server of its own, until the test ends. */
export async function openTestConsole({ deps }: TestApp): Promise<TestConsole> {
  const server = await openConsoleServer({ host: '127.0.0.1', port: 0 }, deps.log)
  const console = createConsole(deps, { url: server.url, mountedAt: '' })
  server.serve(console)
  onTestFinished(async () => {
    await Promise.all([server.close(0), console.close()])
  })
  const send: TestConsole['send'] = ({ method = 'POST', path = '/graphql', headers = {}, body = '' }) =>
    sendTo(server.url, {
      method,
      path,
      headers: { origin: server.url, 'content-type': 'application/json', ...headers },
      body,
    })
  const invite: TestConsole['invite'] = async (name = 'Li Lei', role = 'OPERATOR') => {
    const { token } = await deps.db.$transaction((tx) => inviteOperator(tx, { name, role }))
    return token
  }
  return {
    url: server.url,
    console,
    send,
    invite,
    signIn: async (name, role) => {
      const token = await invite(name, role)
      const { headers } = await send({ path: '/sign-in', body: JSON.stringify({ token }) })
      return openBrowser(send, headers['set-cookie']?.[0]?.split(';')[0] ?? '')
    },
  }
}

function openBrowser(send: TestConsole['send'], cookie: string): Browser {
  const sendSigned: Browser['send'] = (input = {}) => send({ ...input, headers: { cookie, ...input.headers } })
  return {
    cookie,
    send: sendSigned,
    ask: async <Data>(query: string, variables: object = {}) => {
      const { status, body } = await sendSigned({ body: JSON.stringify({ query, variables }) })
      const { data, errors } = JSON.parse(body) as { data?: Data; errors?: unknown }
      if (errors || !data) throw new Error(`${query} got ${status} ${body}`)
      return data
    },
  }
}

/** By node:http, which sends whatever Host and Origin it is given. */
function sendTo(url: string, { method, path, headers, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const given = Object.entries(headers).filter((each): each is [string, string] => each[1] !== undefined)
    const request = httpRequest(`${url}${path}`, { method, headers: Object.fromEntries(given), agent: false })
    request.once('error', reject)
    request.once('response', (response) => {
      text(response).then(
        (read) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: read }),
        reject,
      )
    })
    request.end(method === 'GET' ? undefined : body)
  })
}
