import { describe, expect, test } from 'vitest'
import { createNewestStream } from '../../../src/infra/newest-stream.ts'

function openStream() {
  const calls: string[] = []
  const stream = createNewestStream<number>(
    () => calls.push('start'),
    () => calls.push('stop'),
  )
  return { ...stream, calls }
}

describe('a stream of the newest', () => {
  test('starts a stream with its first read, and not before', async () => {
    const { values, offer, calls } = openStream()
    expect(calls).toEqual([])
    const first = values.next()
    expect(calls).toEqual(['start'])
    offer(1)
    expect(await first).toEqual({ done: false, value: 1 })
    await values.return?.()
    expect(calls).toEqual(['start', 'stop'])
  })

  test('never starts a stream that nobody reads, and still tells that it is over', async () => {
    const { values, offer, calls } = openStream()
    await values.return?.()
    offer(1)
    expect(await values.next()).toEqual({ done: true, value: undefined })
    expect(calls).toEqual(['stop'])
  })

  test('keeps only the newest unsent value of a stream', async () => {
    const { values, offer } = openStream()
    const first = values.next()
    for (const value of [1, 2, 3]) offer(value)
    expect((await first).value).toBe(1)
    expect((await values.next()).value).toBe(3)
  })

  test('delivers the unsent value of a stream before its end', async () => {
    const { values, offer, end, calls } = openStream()
    const first = values.next()
    offer(1)
    offer(2)
    end()
    expect([await first, await values.next(), await values.next()]).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
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
    await values.return?.()
    await values.return?.()
    expect(await values.next()).toEqual({ done: true, value: undefined })
    expect(calls).toEqual(['start', 'stop'])
  })

  test('ends a stream at once when its start ends it', async () => {
    const stream = createNewestStream<number>(
      () => stream.end(),
      () => {},
    )
    expect(await stream.values.next()).toEqual({ done: true, value: undefined })
  })
})
