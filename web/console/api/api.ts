import { locale } from '../../kit/language.ts'
import { postJson } from '../../kit/post-json.ts'
import { ApiError } from './api-error.ts'
import { readOperations } from './read-operations.ts'
import type { Gives, OperationName, Takes } from './types.ts'

export interface GraphqlAnswer {
  data?: object | null
  errors?: { message: string; extensions?: { code?: string } }[]
}

let sessionOver = () => {}
let replaced = () => {}
let operatorId: string | undefined

/** Has `listener` called whenever the server says that nobody is signed in. */
export function onSessionOver(listener: () => void): void {
  sessionOver = listener
}

/** From now on the server answers only while this one is signed in: another tab may sign in somebody else. */
export function askAs(id: string | undefined): void {
  operatorId = id
}

/** Has `listener` called whenever the server says that somebody else is signed in. */
export function onReplaced(listener: () => void): void {
  replaced = listener
}

/** Whom a request is from, as this tab has it. */
export function fromWhom(): Record<string, string> {
  return operatorId === undefined ? {} : { 'x-operator': operatorId }
}

/** What an answer says about the session. */
export function heed(code: string): void {
  if (code === 'UNAUTHENTICATED') sessionOver()
  if (code === 'OTHER_OPERATOR') replaced()
}

/** @throws {ApiError} */
export async function call<Name extends OperationName>(name: Name, variables: Takes<Name>): Promise<Gives<Name>> {
  // Who is signed in is what this one asks.
  return (await send(readOperations[name], variables, name === 'me' ? {} : fromWhom())) as Gives<Name>
}

/**
 * Sends any operation.
 *
 * @returns the data of its answer.
 * @throws {ApiError}
 */
export async function send(query: string, variables: object, from = fromWhom()): Promise<object> {
  const answer = await postJson('graphql', { query, variables }, { 'accept-language': locale(), ...from })
  const json = answer?.json as GraphqlAnswer | undefined
  const [error] = json?.errors ?? []
  if (json?.data && !error) return json.data
  const code = json === undefined ? 'UNREACHABLE' : (error?.extensions?.code ?? 'UNEXPECTED')
  heed(code)
  throw new ApiError({ code, message: error?.message, requestId: answer?.requestId })
}
