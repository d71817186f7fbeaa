import { describe, expect, test } from 'vitest'
import { readEvents, type StreamEvent } from '../../../web/console/api/event-stream.ts'

/** What is read of these bytes when they come in pieces of this size. */
async function readInPieces(text: string, size: number): Promise<{ events: StreamEvent[]; pieces: number }> {
  const bytes = new TextEncoder().encode(text)
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (let from = 0; from < bytes.length; from += size) controller.enqueue(bytes.slice(from, from + size))
      controller.close()
    },
  })
  const events: StreamEvent[] = []
  let pieces = 0
  for await (const event of readEvents(body, () => pieces++)) events.push(event)
  return { events, pieces }
}

describe('the reader of server-sent events', () => {
  const text = ':\n\nevent: next\ndata: {"title":"洱海"}\n\nevent: complete\ndata:\n\nevent: next\ndata: cut'

  test.for([1, 2, 3, 7, 1000])('reads whole events from pieces of %i bytes, inside a character too', async (size) => {
    const { events, pieces } = await readInPieces(text, size)
    expect(events.filter(({ name }) => name !== '')).toEqual([
      { name: 'next', data: '{"title":"洱海"}' },
      { name: 'complete', data: '' },
    ])
    expect(pieces).toBeGreaterThan(0)
  })

  test('reads lines that end as on Windows, and data of several lines', async () => {
    const { events } = await readInPieces('event: next\r\ndata: one\r\ndata: two\r\n\r\n', 1)
    expect(events).toEqual([{ name: 'next', data: 'one\ntwo' }])
  })
})
