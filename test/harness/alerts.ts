import pino from 'pino'
import type { Deps } from '../../src/deps.ts'

type Line = Record<string, unknown>

/** The same deps with a log that records alerts: `lines` that have an `alarm`, and their `alarms`, oldest first. */
export function withAlerts(deps: Deps): { deps: Deps; alarms: string[]; lines: Line[] } {
  const alarms: string[] = []
  const lines: Line[] = []
  const write = (text: string) => {
    const line = JSON.parse(text) as Line & { alarm?: string }
    if (!line.alarm) return
    alarms.push(line.alarm)
    lines.push(line)
  }
  return { deps: { ...deps, log: pino({ level: 'warn' }, { write }) }, alarms, lines }
}
