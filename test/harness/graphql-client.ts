import { createServer, type Server } from 'node:http'
import { type Client, type ClientOptions, createClient } from 'graphql-ws'
import { expect } from 'vitest'
import { WebSocket } from 'ws'
import type { Deps, GuestDatabases } from '../../src/deps.ts'
import { createGraphqlServer, type GraphqlServer, type GraphqlServerOptions } from '../../src/http/graphql/server.ts'
import { listen } from './listen.ts'

export interface GraphqlError {
  message: string
  path?: (string | number)[]
  extensions?: Record<string, unknown>
}

interface GraphqlAnswer<Data> {
  status: number
  headers: Headers
  data?: Data | null
  errors?: GraphqlError[]
}

export type Variables = Record<string, unknown>

export interface GraphqlClient {
  /** Sends an operation; resolves with whatever came back. */
  send<Data>(query: string, variables?: Variables): Promise<GraphqlAnswer<Data>>
  /** Sends an operation that must succeed; the failure message holds query, variables, answer and request id. */
  run<Data>(query: string, variables?: Variables): Promise<Data>
  /** Like `run`, for one mutation: resolves with its result, which may be one of its error types. */
  mutate<Result>(query: string, variables?: Variables): Promise<Result & { __typename: string }>
}

/** A client of the GraphQL endpoint at `url`, of a person who reads this language. */
export function connectGraphql(url: string, accessToken?: string, language?: string): GraphqlClient {
  const send = async <Data>(query: string, variables: Variables = {}): Promise<GraphqlAnswer<Data>> => {
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (accessToken !== undefined) headers['authorization'] = `Bearer ${accessToken}`
    if (language !== undefined) headers['accept-language'] = language
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
    const text = await response.text()
    const answer = text.startsWith('{') ? (JSON.parse(text) as Pick<GraphqlAnswer<Data>, 'data' | 'errors'>) : {}
    return { status: response.status, headers: response.headers, ...answer }
  }
  const run = async <Data>(query: string, variables: Variables = {}): Promise<Data> => {
    const answer = await send<Data>(query, variables)
    if (answer.errors || !answer.data) expect.fail(describeFailure(query, variables, answer))
    return answer.data
  }
  return {
    send,
    run,
    mutate: async <Result>(query: string, variables?: Variables) => {
      const data = await run<Record<string, Result & { __typename: string }>>(query, variables)
      const [result] = Object.values(data)
      if (result === undefined) throw new Error(`the mutation has no field: ${query}`)
      return result
    },
  }
}

function describeFailure(query: string, variables: Variables, answer: GraphqlAnswer<unknown>): string {
  const { headers, ...rest } = answer
  return [
    'a GraphQL operation failed',
    query.trim(),
    `variables: ${JSON.stringify(variables)}`,
    `answer: ${JSON.stringify(rest, null, 2)}`,
    `request id: ${headers.get('x-request-id')}`,
  ].join('\n')
}

/** Logs in with one of the sandbox's login codes. @returns the token of the user whose openid is `openid`. */
async function signIn(url: string, openid: string): Promise<string> {
  const session = await connectGraphql(url).mutate<{ accessToken: string }>(
    `mutation ($code: String!) {
      wxLogin(input: { code: $code }) { __typename ... on Session { accessToken } ... on Error { code message } }
    }`,
    { code: `code-${openid}` },
  )
  expect(session).toMatchObject({ __typename: 'Session' })
  return session.accessToken
}

/** Like `signIn`, as a client. */
export async function signInClient(url: string, openid: string): Promise<GraphqlClient & { accessToken: string }> {
  const accessToken = await signIn(url, openid)
  return { ...connectGraphql(url, accessToken), accessToken }
}

export interface RunningGraphql {
  url: string
  server: GraphqlServer
  close(): Promise<void>
}

/** The GraphQL server alone, on a port of its own. */
export async function serveGraphql(
  deps: Deps,
  databases?: GuestDatabases,
  options?: GraphqlServerOptions,
): Promise<RunningGraphql> {
  const server = createGraphqlServer(deps, databases, options)
  const http: Server = createServer(server.handleRequest)
  http.on('upgrade', server.handleUpgrade)
  const port = await listen(http)
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    server,
    close: async () => {
      await server.close()
      http.close().closeAllConnections()
    },
  }
}

interface Received<Data> {
  data?: Data | null
  errors?: readonly GraphqlError[]
}

/** A subscription that keeps everything it received, so that a test can't miss a message. */
export interface Subscription<Data> {
  received: Received<Data>[]
  /** `open` until the server ends it: `complete`, or what went wrong. */
  state: () => 'open' | 'complete' | { error: unknown }
  stop: () => void
}

/** graphql-ws's own client. */
export function openSocket(url: string, accessToken?: string, options: Partial<ClientOptions> = {}): Client {
  return createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: accessToken === undefined ? undefined : { authorization: `Bearer ${accessToken}` },
    ...options,
  })
}

export function subscribe<Data>(client: Client, query: string, variables: Variables = {}): Subscription<Data> {
  const received: Received<Data>[] = []
  let state: ReturnType<Subscription<Data>['state']> = 'open'
  const stop = client.subscribe<Data>(
    { query, variables },
    {
      next: (result) => void received.push(result as Received<Data>),
      error: (error) => {
        state = { error }
      },
      complete: () => {
        state = 'complete'
      },
    },
  )
  return { received, stop, state: () => state }
}

export interface EventStream<Data> {
  status: number
  headers: Headers
  received: Received<Data>[]
  /** `open` until the stream ends: `complete` when the server said so, else `cut`. */
  state: () => 'open' | 'complete' | 'cut'
  /** Disconnects as a client that goes away does. */
  leave(): void
}

/** A subscription over server-sent events. */
export async function openEventStream<Data>(
  url: string,
  query: string,
  { variables = {}, accessToken, language }: { variables?: Variables; accessToken?: string; language?: string } = {},
): Promise<EventStream<Data>> {
  const abort = new AbortController()
  const headers: Record<string, string> = { accept: 'text/event-stream', 'content-type': 'application/json' }
  if (accessToken !== undefined) headers['authorization'] = `Bearer ${accessToken}`
  if (language !== undefined) headers['accept-language'] = language
  const body = JSON.stringify({ query, variables })
  const response = await fetch(url, { method: 'POST', headers, body, signal: abort.signal })
  const received: Received<Data>[] = []
  let state: ReturnType<EventStream<Data>['state']> = 'open'
  const onEvent = (event: string) => {
    if (/^event: complete$/m.test(event)) state = 'complete'
    const data = /^event: next\ndata: (.*)$/m.exec(event)?.[1]
    if (data !== undefined) received.push(JSON.parse(data) as Received<Data>)
  }
  const read = async () => {
    let rest = ''
    const chunks = response.body?.pipeThrough(new TextDecoderStream()) as AsyncIterable<string> | undefined
    for await (const chunk of chunks ?? []) {
      const events = (rest + chunk).split('\n\n')
      rest = events.pop() ?? ''
      events.forEach(onEvent)
    }
  }
  const cut = () => {
    if (state === 'open') state = 'cut'
  }
  read().then(cut, cut)
  const { status, headers: answered } = response
  return { status, headers: answered, received, state: () => state, leave: () => abort.abort() }
}
