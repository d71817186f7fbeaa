import pino from 'pino'
import type { Deps } from '../../src/deps.ts'

/** The same app, whose alarms are kept: the `alarm` of every line that has one, oldest first. */
export function withAlarms(deps: Deps): { deps: Deps; alarms: string[] } {
  const alarms: string[] = []
  const write = (line: string) => {
    const { alarm } = JSON.parse(line) as { alarm?: string }
    if (alarm) alarms.push(alarm)
  }
  return { deps: { ...deps, log: pino({ level: 'warn' }, { write }) }, alarms }
}
