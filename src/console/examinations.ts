import { setTimeout as pause } from 'node:timers/promises'
import type { Deps } from '../deps.ts'
import { examineServers } from '../doctor/doctor.ts'
import type { Finding } from '../doctor/finding.ts'
import type { NewestStream } from '../infra/newest-stream.ts'
import { openViewers, type Watcher } from './viewers.ts'

/** What one run of the doctor has found. */
export interface Examination {
  startedAt: Date
  /** Null while it goes on. */
  endedAt: Date | null
  /** So far, in the order of the checks. */
  findings: readonly Finding[]
}

export interface Examinations {
  /** What the doctor finds of this process's settings: every finding as it is made, and at last the end. */
  watch: (watcher: Watcher) => AsyncIterable<Examination>
  close: () => void
}

/** So long after the end of a run the next one begins at the earliest: it asks WeChat a dozen questions. */
const PAUSE_MS = 3_000

/**
 * Runs the doctor for all who ask: one run at a time, which whoever asks meanwhile joins, and which goes on to its end when
 * they leave.
 */
export function createExaminations({ config, log }: Pick<Deps, 'config' | 'log'>): Examinations {
  const closing = new AbortController()
  const viewers = openViewers<Examination>({ onJoin: (viewer) => join(viewer) })
  /** Of the run that goes on, once it has begun. */
  let latest: Examination | undefined
  let isRunning = false
  /** By a clock that nobody sets, as this machine's may be after a finding about it. */
  let notBeforeMs = 0
  const logUnshown = (error: unknown) => log.error({ err: error }, 'doctor run not shown')
  const tell = async (examination: Examination) => {
    latest = examination
    await viewers.offer(examination).catch(logUnshown)
  }
  const run = async () => {
    const { signal } = closing
    await pause(Math.max(0, notBeforeMs - performance.now()), undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    let examination: Examination = { startedAt: new Date(), endedAt: null, findings: [] }
    await tell(examination)
    for await (const finding of examineServers(config)) {
      if (signal.aborted) return
      examination = { ...examination, findings: [...examination.findings, finding] }
      await tell(examination)
    }
    await tell({ ...examination, endedAt: new Date() })
  }
  const join = (viewer: NewestStream<Examination>) => {
    if (latest) viewer.offer(latest)
    if (isRunning) return
    isRunning = true
    run()
      .catch((error: unknown) => log.error({ err: error }, 'doctor run failed'))
      .finally(() => {
        latest = undefined
        isRunning = false
        notBeforeMs = performance.now() + PAUSE_MS
        viewers.end()
      })
  }
  return {
    watch: viewers.watch,
    close: () => {
      closing.abort()
      viewers.end()
    },
  }
}
