import { afterAll, afterEach, vi } from 'vitest'

/** Files of one worker share their globals: what one leaves replaced would fail another, far from its cause. */
const names = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'Date', 'fetch'] as const

const worker = globalThis as { foundAtFirst?: unknown[] }

const look = (): unknown[] => [...names.map((name) => globalThis[name]), Math.random]

worker.foundAtFirst ??= look()

afterEach(() => void vi.restoreAllMocks())

afterAll(() => {
  const changed = look().map((each, nth) => (each === worker.foundAtFirst?.[nth] ? '' : (names[nth] ?? 'Math.random')))
  const left = changed.filter((name) => name !== '')
  if (left.length > 0) throw new Error(`this file leaves ${left.join(', ')} replaced`)
})
