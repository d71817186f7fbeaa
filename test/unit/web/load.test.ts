import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openLoaded } from '../../../web/console/parts/load.ts'

describe('what the console has read', () => {
  test('ends its waiting after a mistake of ours, which the browser’s console gets', async () => {
    const reported: unknown[] = []
    vi.stubGlobal('reportError', (error: unknown) => void reported.push(error))
    onTestFinished(() => void vi.unstubAllGlobals())
    const mistake = new TypeError('value is undefined')
    const loaded = openLoaded(() => Promise.reject(mistake))

    await loaded.load('key')

    expect(loaded.state).toEqual({
      value: undefined,
      failure: { code: 'PAGE_FAILED', message: '', requestId: undefined },
      isLoading: false,
    })
    expect(reported).toEqual([mistake])
  })
})
