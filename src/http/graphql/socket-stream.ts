import { MessageType } from 'graphql-ws'
import type { ResultTexts } from '../../graphql/context.ts'

/** Sends the results of a subscription as messages of its id. Resolves when the stream is over. */
export function sendTexts(texts: ResultTexts, id: string, send: (message: string) => Promise<void>): Promise<void> {
  const head = `{"id":${JSON.stringify(id)},"type":"${MessageType.Next}","payload":`
  return texts.sendAll((text) => send(`${head}${text}}`))
}
