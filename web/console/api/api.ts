import { locale } from '../../kit/language.ts'
import { postJson } from '../../kit/post-json.ts'
import { readOperations } from './read-operations.ts'
import type { Gives, OperationName, Takes } from './types.ts'

/** A top-level GraphQL error, or no response at all (`UNREACHABLE`). */
export class ApiError extends Error {
  readonly code: string
  readonly requestId: string | undefined

  constructor({ code, message = '', requestId }: { code: string; message?: string; requestId?: string }) {
    super(message)
    this.code = code
    this.requestId = requestId
  }
}

interface GraphqlAnswer {
  data?: object | null
  errors?: { message: string; extensions?: { code?: string } }[]
}

let sessionOver = () => {}

/** Has `listener` called whenever the server says that nobody is signed in. */
export function onSessionOver(listener: () => void): void {
  sessionOver = listener
}

/** The server has said so. */
export function endSession(): void {
  sessionOver()
}

/** @throws {ApiError} */
export async function call<Name extends OperationName>(name: Name, variables: Takes<Name>): Promise<Gives<Name>> {
  return (await send(readOperations[name], variables)) as Gives<Name>
}

/**
 * Sends any operation.
 *
 * @returns the data of its answer.
 * @throws {ApiError}
 */
export async function send(query: string, variables: object): Promise<object> {
  const answer = await postJson('graphql', { query, variables }, { 'accept-language': locale() })
  const json = answer?.json as GraphqlAnswer | undefined
  const [error] = json?.errors ?? []
  if (json?.data && !error) return json.data
  const code = json === undefined ? 'UNREACHABLE' : (error?.extensions?.code ?? 'UNEXPECTED')
  if (code === 'UNAUTHENTICATED') endSession()
  throw new ApiError({ code, message: error?.message, requestId: answer?.requestId })
}
