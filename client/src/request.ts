import type { TypedDocumentString } from '../generated/graphql.ts'
import { type CloseSignal, unlessClosed } from './close-signal.ts'
import type { Platform } from './platform.ts'
import type { Answer, Problem } from './result.ts'
import type { Session } from './session.ts'

export interface Server {
  /** Where GraphQL is served: `https://…/graphql`. */
  url: string
  platform: Platform
  closeSignal: CloseSignal
}

/** A server, and who asks it. */
export interface Endpoint extends Server {
  session: Session
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

const ACCEPT = 'application/graphql-response+json, application/json'

export const CLOSED: Answer<never> = { ok: false, problem: { code: 'NETWORK', message: 'The client is closed.' } }

/**
 * Sends one GraphQL request over HTTP, and once more when its token was refused and there is another: what is refused
 * did nothing. Never rejects: a network failure, a `token` that throws, or a client that is closed, is a problem.
 */
export function sendRequest<Data, Variables>(
  endpoint: Endpoint,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Answer<Data>> {
  const work = () => sendNow(endpoint, document, variables)
  return unlessClosed(endpoint.closeSignal, work, () => CLOSED)
}

async function sendNow<Data, Variables>(
  { url, session, platform, closeSignal }: Endpoint,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Answer<Data>> {
  const body = JSON.stringify({ query: document.toString(), variables })
  const send = async (token: string): Promise<Answer<Data>> => {
    if (closeSignal.isClosed()) return CLOSED
    const { text } = await platform.post(url, createHeaders(platform, token, ACCEPT), body, closeSignal)
    return readResult(JSON.parse(text) as GraphqlResult)
  }
  try {
    const token = await session.token()
    const answer = await send(token)
    if (answer.ok || answer.problem.code !== 'UNAUTHENTICATED') return answer
    const renewed = await session.renew(token, answer.problem)
    return renewed.ok ? await send(renewed.data) : renewed
  } catch (error) {
    return { ok: false, problem: { code: 'NETWORK', message: `The server could not be reached: ${String(error)}` } }
  }
}

/** The headers of a GraphQL request; with an empty token the request is anonymous. */
export function createHeaders(
  { language }: Pick<Platform, 'language'>,
  token: string,
  accept: string,
): Record<string, string> {
  return {
    accept,
    'content-type': 'application/json',
    ...(language && { 'accept-language': language }),
    ...(token && { authorization: `Bearer ${token}` }),
  }
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
