import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  getOperationAST,
} from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import type { GraphqlContext, ResultTexts, Transport } from '../../graphql/context.ts'
import { maskError, maskResult, type ResultMaskDeps } from './mask-errors.ts'

/**
 * Executes subscriptions: once for all equal ones, however many streams an event is for, and their result is one text, which
 * every transport sends as it is. Equal are those of the same document, operation name and variables, and of the same user;
 * no other input decides about a result. What belongs to a stream alone stays with it: whether it may be opened, its session,
 * its slots, its pace.
 *
 * An event's results are kept with the event, and go with it.
 */
export function useSharedResults(deps: ResultMaskDeps): Plugin<Transport & GraphqlContext> {
  const resultOf = createSharedResults(deps)
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async (executionArgs: ExecutionArgs) => {
        const args = executionArgs as SubscriptionArgs
        // Without what is kept for the time in which it starts.
        const events = await createSourceEventStream({ ...args, contextValue: { ...args.contextValue } })
        if (!isAsyncIterable<object>(events)) return events
        args.contextValue.texts = new StreamTexts(events, toSubscription(args), resultOf)
        return NO_RESULTS
      })
    },
  }
}

/** The error as clients get it within a stream: without the extensions that are for HTTP alone. */
export function formatError(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...formatted } = error.toJSON()
  const { http: _http, unexpected: _unexpected, ...rest } = extensions ?? {}
  return Object.keys(rest).length > 0 ? { ...formatted, extensions: rest } : formatted
}

type SubscriptionArgs = ExecutionArgs & { contextValue: Transport & GraphqlContext }

/** What a stream holds of its operation, for as long as it is open. */
type Subscription = Required<Pick<ExecutionArgs, 'schema' | 'document'>> & {
  operationName: string | null | undefined
  variableValues: Record<string, unknown>
  contextValue: GraphqlContext
}

/** Of the variables, those that the operation declares: of others there may be any number. */
function toSubscription({
  schema,
  document,
  operationName,
  variableValues,
  contextValue,
}: SubscriptionArgs): Subscription {
  const { deps, requestId, address, rates, session, viewer } = contextValue
  const declared = getOperationAST(document, operationName)?.variableDefinitions ?? []
  const entries = declared.flatMap(({ variable: { name } }) =>
    variableValues && Object.hasOwn(variableValues, name.value) ? [[name.value, variableValues[name.value]]] : [],
  )
  return {
    schema,
    document,
    operationName,
    variableValues: Object.fromEntries(entries),
    contextValue: { deps, requestId, address, rates, session, viewer, acquireStream: refuseStream },
  }
}

function refuseStream(): never {
  throw new Error('The fields of an event open no stream')
}

/** The result of an event, for a subscription. */
type TextOf = (subscription: Subscription, event: object) => Promise<string>

function createSharedResults(deps: ResultMaskDeps): TextOf {
  const results = new WeakMap<object, Map<string, Promise<string>>>()
  const numbers = new WeakMap<DocumentNode, number>()
  let documents = 0

  const numberOf = (document: DocumentNode): number => {
    const number = numbers.get(document) ?? (documents += 1)
    numbers.set(document, number)
    return number
  }
  const keyOf = ({ document, operationName, variableValues, contextValue: { viewer } }: Subscription) =>
    JSON.stringify([numberOf(document), operationName, viewer?.id, variableValues])

  return (subscription, event) => {
    const ofEvent = results.get(event) ?? new Map<string, Promise<string>>()
    results.set(event, ofEvent)
    const key = keyOf(subscription)
    const result = ofEvent.get(key) ?? executeToText(deps, subscription, event)
    ofEvent.set(key, result)
    return result
  }
}

async function executeToText(deps: ResultMaskDeps, subscription: Subscription, event: object): Promise<string> {
  const { contextValue } = subscription
  try {
    // In a context of its own: resolvers keep things with it.
    const result = await execute({ ...subscription, contextValue: { ...contextValue }, rootValue: event })
    const { errors, ...rest } = maskResult(deps, contextValue.requestId, result)
    return JSON.stringify(errors ? { errors: errors.map(formatError), ...rest } : rest)
  } catch (error) {
    return JSON.stringify({ errors: [formatError(maskError(deps.log, error, contextValue.requestId))] })
  }
}

/** Results are written from their texts, by whoever has the connection. */
const NO_RESULTS: AsyncIterable<ExecutionResult> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
}

/** The texts of one stream. In fields, for thousands are open at the same time. */
class StreamTexts implements ResultTexts {
  readonly #events: AsyncIterator<object>
  readonly #subscription: Subscription
  readonly #textOf: TextOf
  #isLeft = false

  constructor(events: AsyncIterable<object>, subscription: Subscription, textOf: TextOf) {
    this.#events = events[Symbol.asyncIterator]()
    this.#subscription = subscription
    this.#textOf = textOf
  }

  /** Without a loop in an async function: while it waits, that would hold the last event. */
  sendAll(send: (text: string) => Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waitForNext = () => void this.#events.next().then(sendNext, reject)
    const sendNext = async (event: IteratorResult<object>) => {
      try {
        if (await this.#send(event, send)) waitForNext()
        else resolve()
      } catch (error) {
        reject(error)
      }
    }
    waitForNext()
    return promise
  }

  /** @returns false when the stream is over. */
  async #send(event: IteratorResult<object>, send: (text: string) => Promise<void>): Promise<boolean> {
    if (event.done) return false
    const text = await this.#textOf(this.#subscription, event.value)
    if (this.#isLeft) return false
    await send(text)
    return true
  }

  async leave(): Promise<void> {
    this.#isLeft = true
    await this.#events.return?.()
  }
}
