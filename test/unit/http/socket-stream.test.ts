import { describe, expect, test } from 'vitest'
import type { ResultTexts } from '../../../src/graphql/context.ts'
import { sendTexts } from '../../../src/http/graphql/socket-stream.ts'
import { NewestStream } from '../../../src/infra/newest-stream.ts'

/** A stream over a connection that takes a message when the test says so. */
function openStream(id = '1') {
  const sent: { message: string; take: () => void }[] = []
  const source = new NewestStream<{ text: string }>()
  const texts: ResultTexts = {
    async sendAll(send) {
      for await (const { text } of source) await send(text)
    },
    leave: async () => void (await source.return()),
  }
  const read = () => sendTexts(texts, id, (message) => new Promise((resolve) => sent.push({ message, take: resolve })))
  return { offer: (text: string) => source.offer({ text }), end: () => source.end(), read, leave: texts.leave, sent }
}

describe('the stream of a socket', () => {
  test('sends each text as a message of its id, and ends with its source', async () => {
    const { read, offer, end, sent } = openStream('a "quoted" id')
    const over = read()
    offer('{"data":{"version":1}}')
    await expect.poll(() => sent).toHaveLength(1)
    expect(JSON.parse(sent[0]?.message ?? '')).toEqual({
      id: 'a "quoted" id',
      type: 'next',
      payload: { data: { version: 1 } },
    })
    sent[0]?.take()
    end()
    await over
  })

  test('sends a slow reader the newest of what it missed', async () => {
    const { read, offer, end, sent } = openStream()
    const over = read()
    offer('1')
    await expect.poll(() => sent).toHaveLength(1)
    for (const text of ['2', '3', '4']) offer(text)
    sent[0]?.take()
    await expect.poll(() => sent).toHaveLength(2)
    sent[1]?.take()
    end()
    await over
    expect(sent.map(({ message }) => JSON.parse(message).payload)).toEqual([1, 4])
  })

  test('sends nothing before it is read, nor after it was left', async () => {
    const { read, leave, offer, sent } = openStream()
    offer('1')
    await leave()
    offer('2')
    await read()
    expect(sent).toEqual([])
  })
})
