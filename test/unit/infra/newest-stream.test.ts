import { describe, expect, test } from 'vitest'
import { NewestStream } from '../../../src/infra/newest-stream.ts'

interface Item {
  nth: number
}

class RecordedStream extends NewestStream<Item> {
  readonly calls: string[] = []
  protected override onStart = () => void this.calls.push('start')
  protected override onStop = () => void this.calls.push('stop')
}

function fail(): never {
  throw new Error('of the reader')
}

function openStream() {
  const stream = new RecordedStream()
  return {
    values: stream,
    offer: (nth: number) => stream.offer({ nth }),
    end: () => stream.end(),
    calls: stream.calls,
  }
}

describe('a stream of the newest', () => {
  test('starts a stream with its first read, and not before', async () => {
    const { values, offer, calls } = openStream()
    expect(calls).toEqual([])
    const first = values.next()
    expect(calls).toEqual(['start'])
    offer(1)
    expect(await first).toEqual({ done: false, value: { nth: 1 } })
    await values.return()
    expect(calls).toEqual(['start', 'stop'])
  })

  test('never starts a stream that nobody reads, and still tells that it is over', async () => {
    const { values, offer, calls } = openStream()
    await values.return()
    offer(1)
    expect(await values.next()).toEqual({ done: true, value: undefined })
    expect(calls).toEqual(['stop'])
  })

  test('keeps only the newest unsent value of a stream', async () => {
    const { values, offer } = openStream()
    const first = values.next()
    for (const value of [1, 2, 3]) offer(value)
    expect((await first).value).toEqual({ nth: 1 })
    expect((await values.next()).value).toEqual({ nth: 3 })
  })

  test('delivers the unsent value of a stream before its end', async () => {
    const { values, offer, end, calls } = openStream()
    const first = values.next()
    offer(1)
    offer(2)
    end()
    expect([await first, await values.next(), await values.next()]).toEqual([
      { done: false, value: { nth: 1 } },
      { done: false, value: { nth: 2 } },
      { done: true, value: undefined },
    ])
    expect(calls).toEqual(['start', 'stop'])
  })

  test('ends a waiting read, and ignores values offered after the end of the stream', async () => {
    const { values, offer, end } = openStream()
    const waiting = values.next()
    end()
    offer(1)
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await values.next()).toEqual({ done: true, value: undefined })
  })

  test('drops the unsent value when the reader leaves the stream', async () => {
    const { values, offer, calls } = openStream()
    const waiting = values.next()
    offer(1)
    offer(2)
    await waiting
    await values.return()
    await values.return()
    expect(await values.next()).toEqual({ done: true, value: undefined })
    expect(calls).toEqual(['start', 'stop'])
  })

  test('gives a reader one value for each time that it reads, and then the end', () => {
    const { values, offer, end } = openStream()
    const heard: (Item | 'end')[] = []
    const reader = { take: (item: Item) => void heard.push(item), end: () => void heard.push('end') }
    values.read(reader)
    for (const value of [1, 2, 3]) offer(value)
    expect(heard).toEqual([{ nth: 1 }])
    values.read(reader)
    values.read(reader)
    expect(heard).toEqual([{ nth: 1 }, { nth: 3 }])
    end()
    values.read(reader)
    expect(heard).toEqual([{ nth: 1 }, { nth: 3 }, 'end', 'end'])
  })

  test('has stopped when its reader hears of the end, whatever the reader does then', () => {
    const { values, end, calls } = openStream()
    values.read({ take: fail, end: fail })
    expect(end).toThrow('of the reader')
    expect(calls).toEqual(['start', 'stop'])
  })

  test('ends a stream at once when its start ends it', async () => {
    class EndingStream extends NewestStream<Item> {
      protected override onStart = () => this.end()
    }
    expect(await new EndingStream().next()).toEqual({ done: true, value: undefined })
  })
})
