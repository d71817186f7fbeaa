import { describe, expect, test } from 'vitest'
import { createEventReader, type StreamEvent } from '../../../client/src/event-stream.ts'

function readPieces(pieces: Uint8Array[]): StreamEvent[] {
  const events: StreamEvent[] = []
  const read = createEventReader((event) => events.push(event))
  for (const piece of pieces) read(piece)
  return events
}

const bytesOf = (text: string) => new TextEncoder().encode(text)

describe('a reader of server-sent events', () => {
  const stream = bytesOf('event: next\ndata: {"tradeStateDesc":"支付成功 🏡"}\n\n:\n\nevent: complete\ndata\n\n')
  const events = [
    { name: 'next', data: '{"tradeStateDesc":"支付成功 🏡"}' },
    { name: 'complete', data: '' },
  ]

  test.for([1, 2, 3, 5, 7, 1_000])('finds the same events in pieces of %i bytes', (length) => {
    const pieces: Uint8Array[] = []
    for (let start = 0; start < stream.length; start += length) pieces.push(stream.slice(start, start + length))

    expect(readPieces(pieces)).toEqual(events)
  })

  test('takes lines that end in CRLF', () => {
    expect(readPieces([bytesOf('event: next\r\ndata: 1\r\n\r\n')])).toEqual([{ name: 'next', data: '1' }])
  })

  test('joins the data of several lines', () => {
    expect(readPieces([bytesOf('data: 1\ndata:2\n\n')])).toEqual([{ name: '', data: '1\n2' }])
  })

  // JSON leaves them as they are, and for a regular expression they end a line.
  test.for(['\u2028', '\u2029'])('keeps what follows %j', (separator) => {
    const data = JSON.stringify({ message: `one${separator}two` })

    expect(readPieces([bytesOf(`data: ${data}\n\n`)])).toEqual([{ name: '', data }])
  })

  test('holds an event back until its empty line', () => {
    expect(readPieces([bytesOf('event: next\ndata: 1\n')])).toEqual([])
  })

  test('refuses bytes that are no UTF-8', () => {
    expect(() => readPieces([new Uint8Array([0xff, 0x0a])])).toThrow(URIError)
  })
})
