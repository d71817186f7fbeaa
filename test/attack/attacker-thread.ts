/** The attacker's thread: sends bursts of one attack until it is told to stop, and reports what came back. */
import { setTimeout } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { AttackOrders, AttackReport } from './attacker.ts'
import { attacks } from './attacks.ts'

const PAUSE_MS = 50

const port = parentPort
if (!port) throw new Error('attacker-thread.ts runs as a thread')
const { name, urls } = workerData as AttackOrders
const attack = attacks.find((each) => each.name === name)
if (!attack) throw new Error(`There is no attack "${name}"`)

const report: AttackReport = { bursts: 0, answers: {} }
const count = (answer: string) => {
  report.answers[answer] = (report.answers[answer] ?? 0) + 1
}
const stop = new AbortController()
port.on('message', () => stop.abort())
while (!stop.signal.aborted) {
  await attack.burst(urls, count).catch((error: unknown) => count(`failed: ${String(error)}`))
  report.bursts += 1
  port.postMessage({ report })
  await setTimeout(PAUSE_MS)
}
port.postMessage({ report, ended: true })
port.close()
