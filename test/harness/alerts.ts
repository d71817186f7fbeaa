import pino from 'pino'
import { assembleApp } from '../../src/app.ts'
import type { Deps } from '../../src/deps.ts'
import type { TestApp } from './app.ts'
import { LONG_MS } from './patience.ts'

type Line = Record<string, unknown>

/** The same deps with a log that records alerts: `lines` that have an `alarm`, and their `alarms`, oldest first. */
export function withAlerts(deps: Deps): { deps: Deps; alarms: string[]; lines: Line[] } {
  const { log, lines, alarms } = openRecorder()
  return { deps: { ...deps, log }, alarms, lines }
}

/**
 * Another instance of the app over the same connections, which records alerts in the same way: those of its calls to
 * WeChat too. It repeats calls at once.
 */
export function openAlertingApp({ deps: { config, db, settleDb, queue } }: TestApp) {
  const { log, lines, alarms } = openRecorder()
  const { deps, close } = assembleApp(config, { log, db, settleDb, queue, databaseId: 'alerting' })
  const timing = { ...deps.wechat.timing, totalMs: LONG_MS, repeatMs: 1, slowRepeatMs: 1 }
  return { deps: { ...deps, wechat: { ...deps.wechat, timing } }, alarms, lines, close }
}

function openRecorder() {
  const alarms: string[] = []
  const lines: Line[] = []
  const write = (text: string) => {
    const line = JSON.parse(text) as Line & { alarm?: string }
    if (!line.alarm) return
    alarms.push(line.alarm)
    lines.push(line)
  }
  return { log: pino({ level: 'warn' }, { write }), alarms, lines }
}
