import { locale } from '../../kit/language.ts'
import { postJson } from '../../kit/post-json.ts'
import type { Failure } from '../text.ts'
import type { DrawnRow, Lane, Traffic } from '../traffic/traffic.ts'
import { operations } from './operations.ts'
import type { OperationName, Operations } from './types.ts'

const POLL_MS = 300
const POLL_TRIES = 20

/** A top-level GraphQL error, or no response at all (`UNREACHABLE`). */
export class ApiError extends Error {
  readonly code: string
  readonly requestId: string | undefined

  constructor({ code, message = '', requestId }: Failure) {
    super(message)
    this.code = code
    this.requestId = requestId
  }
}

interface GraphqlAnswer {
  data?: Record<string, unknown> | null
  errors?: { message: string; extensions?: { code?: string } }[]
}

/** The GraphQL API for one user; every request and response is drawn. */
export interface Api {
  /**
   * Resolves with the operation's only field. When the operation failed, its `code` says why, and it has its
   * `requestId`.
   *
   * @param orderSn the order that it is about, for the diagram.
   */
  call<Name extends OperationName>(
    name: Name,
    variables: Operations[Name]['takes'],
    orderSn?: string,
  ): Promise<Operations[Name]['gives']>
  /** Polls until `isDone` accepts the result or the tries are used up; all of it is drawn as one row. */
  poll<Name extends OperationName>(
    name: Name,
    variables: Operations[Name]['takes'],
    isDone: (result: Operations[Name]['gives']) => boolean,
    orderSn?: string,
  ): Promise<Operations[Name]['gives']>
  /** Empty while nobody is signed in. */
  token(): string
  signIn(code: string): Promise<Operations['wxLogin']['gives']>
  /** Goes on with a session from before. */
  resume(token: string): void
  signOut(): void
}

/** @param actor the lane that the requests start from. */
export function connectApi({ actor, traffic }: { actor: Lane; traffic: Traffic }): Api {
  let token = ''
  const draw = (name: OperationName, variables: object, orderSn?: string) => {
    const parts = [{ code: operations[name] }, { json: variables }]
    return traffic.add({ from: actor, to: 'api', title: name, parts, orderSn })
  }
  const send = <Name extends OperationName>(name: Name, variables: Operations[Name]['takes'], row: DrawnRow) =>
    sendOperation(name, variables, { token, row })
  const call: Api['call'] = (name, variables, orderSn) => send(name, variables, draw(name, variables, orderSn))
  return {
    call,
    async poll(name, variables, isDone, orderSn) {
      const row = draw(name, variables, orderSn)
      let result = await send(name, variables, row)
      for (let tries = 1; tries < POLL_TRIES && !isDone(result); tries++) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
        result = await send(name, variables, row)
      }
      return result
    },
    token: () => token,
    async signIn(code) {
      const session = await call('wxLogin', { code })
      token = 'accessToken' in session ? session.accessToken : ''
      return session
    },
    resume: (known) => {
      token = known
    },
    signOut: () => {
      token = ''
    },
  }
}

/** Sends an operation and draws its answer. Resolves with its only field, or rejects with its top-level error. */
async function sendOperation<Name extends OperationName>(
  name: Name,
  variables: Operations[Name]['takes'],
  { token, row }: { token: string; row: DrawnRow },
): Promise<Operations[Name]['gives']> {
  const startedAt = performance.now()
  // The page's language, which need not be the browser's.
  const headers = { 'accept-language': locale(), ...(token === '' ? {} : { authorization: `Bearer ${token}` }) }
  const answer = await postJson('/graphql', { query: operations[name], variables }, headers)
  const json = answer?.json as GraphqlAnswer | undefined
  const requestId = answer?.requestId
  const result = json?.data?.[name]
  const [error] = json?.errors ?? []
  const problem = json === undefined ? 'UNREACHABLE' : (error?.extensions?.code ?? error?.message)
  row.answer({
    failed: problem !== undefined || codeOf(result) !== undefined,
    note: problem ?? summary(result),
    ms: Math.round(performance.now() - startedAt),
    parts: json === undefined ? [] : [{ json }],
    requestId,
    orderSn: orderIn(result),
  })
  if (problem !== undefined) throw new ApiError({ code: problem, message: error?.message, requestId })
  return (codeOf(result) === undefined ? result : { ...(result as object), requestId }) as Operations[Name]['gives']
}

function codeOf(result: unknown): string | undefined {
  return (result as { code?: string } | null | undefined)?.code
}

/** The number of the order that was answered. */
function orderIn(result: unknown): string | undefined {
  const { sn, tradeState } = (result ?? {}) as { sn?: string; tradeState?: string }
  return tradeState === undefined ? undefined : sn
}

/** What any operation's field may have that says in a word what came back. */
interface Summed {
  __typename?: string
  edges?: unknown[]
  tradeState?: string
  status?: string
  version?: number
}

function summary(result: unknown): string {
  if (result === null || result === undefined) return 'null'
  const { __typename, edges, tradeState, status, version } = result as Summed
  if (edges) return `× ${edges.length}`
  const state = tradeState ?? status
  const newest = version === undefined ? undefined : `v${version}`
  return codeOf(result) ?? [state ?? __typename, newest].filter(Boolean).join(' ')
}
