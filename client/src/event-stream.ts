const LINE_FEED = 10
const CARRIAGE_RETURN = 13

export interface StreamEvent {
  name: string
  data: string
}

/**
 * Parses server-sent events from chunks that may end anywhere, even inside a character. The returned function takes the
 * next chunk. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 *
 * @throws {URIError} from the returned function, for bytes that are not UTF-8.
 */
export function createEventReader(onEvent: (event: StreamEvent) => void): (bytes: Uint8Array) => void {
  let line: number[] = []
  let name = ''
  let data: string[] = []

  const endLine = () => {
    if (line[line.length - 1] === CARRIAGE_RETURN) line.pop()
    const text = decodeUtf8(line)
    line = []
    if (text === '') return endEvent()
    const [, field, value = ''] = /^([^:]*):? ?([^]*)$/.exec(text) ?? []
    if (field === 'event') name = value
    if (field === 'data') data.push(value)
  }
  const endEvent = () => {
    if (name !== '' || data.length > 0) onEvent({ name, data: data.join('\n') })
    name = ''
    data = []
  }
  return (bytes) => {
    for (const byte of bytes) {
      if (byte === LINE_FEED) endLine()
      else line.push(byte)
    }
  }
}

/** Not every phone gives mini-programs a TextDecoder. */
function decodeUtf8(bytes: number[]): string {
  return decodeURIComponent(bytes.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''))
}
