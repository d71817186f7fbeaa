import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createCloseSignal } from '../../../client/src/close-signal.ts'
import { createWebPlatform } from '../../../client/src/web-platform.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('a request of a browser', () => {
  test('a browser aborts a request that has no response after 15 s', async () => {
    vi.stubGlobal('fetch', (_url: string, { signal }: RequestInit) => {
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
      })
    })
    const answer = createWebPlatform({})
      .post('https://pay.example.com', {}, '', createCloseSignal())
      .catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(15_000)

    expect(await answer).toMatchObject({ name: 'AbortError' })
  })

  test('a browser request leaves no timer behind after its response', async () => {
    vi.stubGlobal('fetch', async () => new Response('{}'))

    const answer = createWebPlatform({}).post('https://pay.example.com', {}, '', createCloseSignal())

    expect(await answer).toEqual({ statusCode: 200, text: '{}' })
    expect(vi.getTimerCount()).toBe(0)
  })
})
