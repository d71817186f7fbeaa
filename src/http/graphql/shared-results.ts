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
import type { GraphqlContext, StreamedTexts, TextReceiver, Transport } from '../../graphql/context.ts'
import { type NewestReader, NewestStream } from '../../infra/newest-stream.ts'
import { withRequestId } from '../../infra/request-context.ts'
import { inLanguage } from './in-language.ts'
import { maskError, maskResult, type ResultMaskDeps } from './mask-errors.ts'

/**
 * Executes subscriptions: once for all equal ones, however many streams an event is for, and their result is one text, which
 * every transport sends as it is. Equal are those of the same document, operation name and variables, of the same user, and
 * in the same language; no other input decides about a result. What belongs to a stream alone stays with it: whether it may
 * be opened, its session, its slots, its pace.
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
        args.contextValue.texts = new StreamTexts(toReadable(events), toSubscription(args), resultOf)
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
  const { deps, requestId, address, language, rates, session, viewer } = contextValue
  const declared = getOperationAST(document, operationName)?.variableDefinitions ?? []
  const entries = declared.flatMap(({ variable: { name } }) =>
    variableValues && Object.hasOwn(variableValues, name.value) ? [[name.value, variableValues[name.value]]] : [],
  )
  return {
    schema,
    document,
    operationName,
    variableValues: Object.fromEntries(entries),
    contextValue: { deps, requestId, address, language, rates, session, viewer, acquireStream: refuseStream },
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
  const keyOf = ({ document, operationName, variableValues, contextValue: { viewer, language } }: Subscription) =>
    JSON.stringify([numberOf(document), operationName, viewer?.id, language, variableValues])

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
  const format = (error: GraphQLError) => formatError(inLanguage(error, contextValue.language))
  try {
    // In a context of its own: resolvers keep things with it.
    const args = { ...subscription, contextValue: { ...contextValue }, rootValue: event }
    const result = await withRequestId(contextValue.requestId, () => execute(args))
    const { errors, ...rest } = maskResult(deps, contextValue.requestId, result)
    return JSON.stringify(errors ? { errors: errors.map(format), ...rest } : rest)
  } catch (error) {
    return JSON.stringify({ errors: [format(maskError(deps.log, error, contextValue.requestId))] })
  }
}

/** Results are written from their texts, by whoever has the connection. */
const NO_RESULTS: AsyncIterable<ExecutionResult> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
}

/** What the texts of a stream are made of. */
interface Events {
  /** Gives the reader one event. */
  read: (reader: EventReader) => void
  /** The reader leaves. */
  return: () => Promise<unknown>
}

interface EventReader extends NewestReader<object> {
  fail: (error: unknown) => void
}

/** Events as a stream of the newest gives them, from whatever source. */
function toReadable(events: AsyncIterable<object>): Events {
  if (events instanceof NewestStream) return events
  const iterator = events[Symbol.asyncIterator]()
  return {
    read(reader) {
      iterator
        .next()
        .then(({ done, value }) => (done ? reader.end() : reader.take(value)))
        .catch((error: unknown) => reader.fail(error))
    },
    return: async () => iterator.return?.(),
  }
}

/** The texts of one stream, which it sends to its receiver. In fields, for thousands are open at the same time. */
class StreamTexts implements StreamedTexts, EventReader {
  readonly #events: Events
  readonly #subscription: Subscription
  readonly #textOf: TextOf
  #receiver: TextReceiver | undefined = undefined
  #isLeft = false

  constructor(events: Events, subscription: Subscription, textOf: TextOf) {
    this.#events = events
    this.#subscription = subscription
    this.#textOf = textOf
  }

  sendAll(send: (text: string) => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => this.sendTo({ send, end: resolve, fail: reject }))
  }

  sendTo(receiver: TextReceiver): void {
    this.#receiver = receiver
    this.#events.read(this)
  }

  take(event: object): void {
    void this.#send(event)
  }

  /** Sends the text of an event. It waits for the next one without a suspended call, which would hold the last. */
  async #send(event: object): Promise<void> {
    try {
      const text = await this.#textOf(this.#subscription, event)
      if (this.#isLeft) return this.end()
      await this.#receiver?.send(text)
      this.#events.read(this)
    } catch (error) {
      this.fail(error)
    }
  }

  end(): void {
    this.#receiver?.end()
  }

  fail(error: unknown): void {
    this.#receiver?.fail(error)
  }

  async leave(): Promise<void> {
    this.#isLeft = true
    await this.#events.return()
  }
}
