import { Worker } from 'node:worker_threads'
import type { Attack } from './attack.ts'
import type { TargetUrls } from './target.ts'

/** What the attacker's thread gets. */
export interface AttackOrders {
  name: string
  urls: TargetUrls
}

export interface AttackReport {
  bursts: number
  /** How often each answer came. */
  answers: Record<string, number>
}

export interface Attacker {
  /** What has come back so far. */
  report(): AttackReport
  stop(): Promise<AttackReport>
}

/** Runs an attack on a thread of its own. */
export function startAttacker(attack: Attack, urls: TargetUrls): Attacker {
  const orders: AttackOrders = { name: attack.name, urls }
  const thread = new Worker(new URL('./attacker-thread.ts', import.meta.url), { workerData: orders })
  const ended = Promise.withResolvers<AttackReport>()
  let latest: AttackReport = { bursts: 0, answers: {} }
  thread.on('message', (message: { report: AttackReport; ended?: true }) => {
    latest = message.report
    if (message.ended) ended.resolve(message.report)
  })
  thread.once('error', ended.reject)
  ended.promise.catch(() => {})
  return {
    report: () => latest,
    stop: async () => {
      thread.postMessage('stop', [])
      return ended.promise
    },
  }
}
