import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { sayResult, writeTo } from '../../../src/admin/terminal.ts'

/** Texts, and how many of them were taken so far. */
function given(count: number) {
  const taken = { count: 0 }
  async function* texts() {
    while (taken.count < count) {
      taken.count += 1
      yield `${taken.count}\n`
    }
  }
  return { taken, texts: texts() }
}

/** A stream whose reader takes nothing until it is let to. */
function givenSlowReader() {
  const read: string[] = []
  const { promise: isLet, resolve: letRead } = Promise.withResolvers<void>()
  const stream = new Writable({
    highWaterMark: 4,
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      read.push(text)
      void isLet.then(() => done())
    },
  })
  return { stream, read, letRead }
}

describe('texts that are written to a stream', () => {
  test('are taken no faster than they are read, and all arrive', async () => {
    const { taken, texts } = given(1_000)
    const { stream, read, letRead } = givenSlowReader()
    const written = writeTo(stream, texts)
    await expect.poll(() => read.length).toBe(1)
    // What would come is there at once.
    await new Promise((resolve) => setImmediate(resolve))
    expect(taken.count).toBeLessThan(10)
    letRead()
    await written
    expect(read).toHaveLength(1_000)
    expect(stream.writableEnded).toBe(false)
  })

  test('end without an error when their reader goes away', async () => {
    const { texts } = given(1_000)
    const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(gone) })
    await expect(writeTo(stream, texts)).resolves.toBeUndefined()
  })

  test('fail with any other error', async () => {
    const { texts } = given(1_000)
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space left')) })
    await expect(writeTo(stream, texts)).rejects.toThrow('no space left')
  })
})

function said(options: { json?: true; dryRun?: true }, lines: string[]): string[] {
  const texts: string[] = []
  sayResult({ say: (text) => void texts.push(text) }, options, { jobs: [] }, lines)
  return texts
}

describe('a result', () => {
  test('without a line is said to be none, and never silent', () => {
    expect(said({}, [])).toEqual(['none'])
    expect(said({ dryRun: true }, [])).toEqual(['Dry run: nothing is changed.', 'none'])
    expect(said({ json: true }, [])).toEqual(['{\n  "jobs": []\n}'])
  })

  test('of lines is these lines', () => {
    expect(said({}, ['one', 'two'])).toEqual(['one', 'two'])
  })
})
