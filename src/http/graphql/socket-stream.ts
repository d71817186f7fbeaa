import { MessageType } from 'graphql-ws'
import type { ResultTexts } from '../../graphql/context.ts'

/**
 * The stream of a subscription as graphql-ws iterates it: it yields nothing, and is over when the stream is. Its results go
 * to `send` as they are, for graphql-ws would copy, check and write each of them anew. Nothing is sent before the first
 * `next`, nor once it was returned.
 */
export function sendTexts(
  texts: ResultTexts,
  id: string,
  send: (message: string) => Promise<void>,
): AsyncIterableIterator<never, undefined> {
  return {
    next: () =>
      texts
        .sendAll((text) => send(`{"id":${JSON.stringify(id)},"type":"${MessageType.Next}","payload":${text}}`))
        .then(over),
    return: () => texts.leave().then(over),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function over(): IteratorReturnResult<undefined> {
  return { done: true, value: undefined }
}
