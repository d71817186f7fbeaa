import pino from 'pino'
import { expect, test } from 'vitest'
import { logAct } from '../../../src/act/desk.ts'

test.each([
  [true, 'operator act tried (dry run)'],
  [false, 'operator act done'],
])('an act whose dry run is %s is in the log as "%s"', (dryRun, msg) => {
  const lines: unknown[] = []
  const log = pino({}, { write: (line) => void lines.push(JSON.parse(line)) })
  logAct(log, { by: { operator: 'ann' }, dryRun }, { action: 'bill', number: '2026-11-26' })
  expect(lines).toMatchObject([{ msg, operator: 'ann', dryRun, action: 'bill' }])
})
