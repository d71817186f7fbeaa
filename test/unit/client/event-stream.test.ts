import { describe, expect, test } from 'vitest'
import { createEventReader, type StreamEvent } from '../../../client/src/event-stream.ts'

function readChunks(chunks: Uint8Array[]): StreamEvent[] {
  const events: StreamEvent[] = []
  const read = createEventReader((event) => events.push(event))
  for (const chunk of chunks) read(chunk)
  return events
}

const bytesOf = (text: string) => new TextEncoder().encode(text)

describe('the server-sent events reader', () => {
  const stream = bytesOf('event: next\ndata: {"tradeStateDesc":"支付成功 🏡"}\n\n:\n\nevent: complete\ndata\n\n')
  const events = [
    { name: 'next', data: '{"tradeStateDesc":"支付成功 🏡"}' },
    { name: 'complete', data: '' },
  ]

  test.for([1, 2, 3, 5, 7, 1_000])('reads the same server-sent events from chunks of %i bytes', (length) => {
    const chunks: Uint8Array[] = []
    for (let start = 0; start < stream.length; start += length) chunks.push(stream.slice(start, start + length))

    expect(readChunks(chunks)).toEqual(events)
  })

  test('accepts server-sent events whose lines end in CRLF', () => {
    expect(readChunks([bytesOf('event: next\r\ndata: 1\r\n\r\n')])).toEqual([{ name: 'next', data: '1' }])
  })

  test('joins several data lines of a server-sent event', () => {
    expect(readChunks([bytesOf('data: 1\ndata:2\n\n')])).toEqual([{ name: '', data: '1\n2' }])
  })

  // JSON does not escape them, and a regular expression treats them as the end of a line.
  test.for(['\u2028', '\u2029'])('keeps the event data after a line separator %j', (separator) => {
    const data = JSON.stringify({ message: `one${separator}two` })

    expect(readChunks([bytesOf(`data: ${data}\n\n`)])).toEqual([{ name: '', data }])
  })

  test('emits a server-sent event only after the empty line that ends it', () => {
    expect(readChunks([bytesOf('event: next\ndata: 1\n')])).toEqual([])
  })

  test('throws for an event stream that is not UTF-8', () => {
    expect(() => readChunks([new Uint8Array([0xff, 0x0a])])).toThrow(URIError)
  })
})
