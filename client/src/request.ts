import type { TypedDocumentString } from '../generated/graphql.ts'
import type { Platform } from './platform.ts'
import type { Answer, Problem } from './result.ts'

export interface Endpoint {
  /** Where GraphQL is served: `https://…/graphql`. */
  url: string
  /** The session's current accessToken; empty when nobody is signed in. */
  token: () => string | Promise<string>
  platform: Platform
}

/** A GraphQL error as the server sends it. */
export interface GraphqlError {
  message: string
  extensions?: { code?: unknown; retryAfterSeconds?: unknown }
}

/** A GraphQL response as the server sends it. */
export interface GraphqlResult {
  data?: unknown
  errors?: readonly GraphqlError[]
}

/** Sends one GraphQL request over HTTP. Never rejects: a network failure, or a `token` that throws, is a problem. */
export async function sendRequest<Data, Variables>(
  { url, token, platform }: Endpoint,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Answer<Data>> {
  try {
    const headers = createHeaders(await token(), 'application/graphql-response+json, application/json')
    const { text } = await platform.post(url, headers, JSON.stringify({ query: document.toString(), variables }))
    return readResult(JSON.parse(text) as GraphqlResult)
  } catch (error) {
    return { ok: false, problem: { code: 'NETWORK', message: `The server could not be reached: ${String(error)}` } }
  }
}

/** The headers of a GraphQL request; with an empty token the request is anonymous. */
export function createHeaders(token: string, accept: string): Record<string, string> {
  return { accept, 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
}

/** The data of a GraphQL response; any error in it makes the whole response a problem. */
export function readResult<Data>({ data, errors }: GraphqlResult): Answer<Data> {
  if (errors?.[0]) return { ok: false, problem: toProblem(errors[0]) }
  if (data) return { ok: true, data: data as Data }
  const message = 'The answer is no GraphQL: the server may be restarting, or the URL is wrong.'
  return { ok: false, problem: { code: 'NETWORK', message } }
}

/** A GraphQL error in the form that the caller of `request` gets. */
export function toProblem({ message, extensions }: GraphqlError): Problem {
  const { code, retryAfterSeconds } = extensions ?? {}
  return {
    code: typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR',
    message,
    ...(typeof retryAfterSeconds === 'number' && { retryAfterSeconds }),
  }
}
