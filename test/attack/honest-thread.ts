/** The thread of the honest guests: they buy one after the other in a few lanes until they are told to stop. */
import { setTimeout } from 'node:timers/promises'
import { inspect } from 'node:util'
import { parentPort, workerData } from 'node:worker_threads'
import type { HonestOrders, HonestReport } from './honest.ts'
import { type Guest, openGuest, readHomestays } from './honest-guest.ts'

const LANES = 2
/** What a person takes at least from one purchase to the next. */
const PAUSE_MS = 20

const port = parentPort
if (!port) throw new Error('honest-thread.ts runs as a thread')
const { urls, guests: howMany, firstNight } = workerData as HonestOrders
const report: HonestReport = { latencies: [], purchases: 0, failures: [] }
const note = (_kind: string, ms: number) => void report.latencies.push(ms)

const homestays = await readHomestays(urls)
const guests: Guest[] = []
for (let index = 0; index < howMany; index += 1) guests.push(await openGuest(urls, `honest-${index}`))
const stop = new AbortController()
let next = firstNight

async function lane(): Promise<void> {
  while (!stop.signal.aborted) {
    const index = next++
    const homestayId = homestays[index % homestays.length] ?? ''
    const daysAhead = 1 + Math.floor(index / homestays.length)
    try {
      await guests[index % guests.length]?.buy({ homestayId, daysAhead }, note)
      report.purchases += 1
    } catch (error) {
      report.failures.push(describe(error))
    }
    port?.postMessage({ operations: report.latencies.length })
    await setTimeout(PAUSE_MS)
  }
}

function describe(error: unknown): string {
  return inspect(error, { depth: 2 })
}

port.on('message', () => stop.abort())
port.postMessage({ operations: 0 })
await Promise.all(Array.from({ length: LANES }, lane))
for (const guest of guests) guest.close()
port.postMessage({ report: { ...report, nights: next } })
port.close()
