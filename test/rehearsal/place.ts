import { setMaxListeners } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { AtEnd } from '../harness/processes.ts'
import { makeScratch } from '../harness/scratch.ts'

/** Where a rehearsal runs. */
export interface Place {
  folder: string
  /** A file of `folder` for each process. */
  logs: string
  /** Has something ended when the rehearsal is over, what began last before the rest. */
  atEnd: AtEnd
  /** Ends every wait. */
  signal: AbortSignal
}

export async function findPlace(atEnd: AtEnd, signal: AbortSignal): Promise<Place> {
  // Every guest waits by it.
  setMaxListeners(0, signal)
  const folder = await makeScratch('looklook-rehearsal-')
  const logs = join(folder, 'logs')
  await mkdir(logs)
  return { folder, logs, atEnd, signal }
}

/** Of a request: it ends with the rehearsal, and fails when it isn't answered in time. */
export function answeredSoon(signal: AbortSignal, withinMs = 5_000): { signal: AbortSignal } {
  return { signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]) }
}
