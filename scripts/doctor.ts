/**
 * `npm run doctor`: checks the configuration in the environment against WeChat, step by step, and says what is wrong
 * and how to fix it. Exits with 0 when nothing is wrong, else with 1; `--json` prints a single document at the end.
 */
import { examine } from '../src/doctor/doctor.ts'
import type { Finding } from '../src/doctor/finding.ts'

const marks = { ok: 'ok     ', wrong: 'WRONG  ', skipped: 'skipped' }

const asJson = process.argv.includes('--json')
const findings: Finding[] = []
for await (const finding of examine(process.env)) {
  findings.push(finding)
  if (!asJson) print(finding)
}
const wrong = findings.filter(({ result }) => result === 'wrong')
const isHealthy = wrong.length === 0
const last = asJson
  ? JSON.stringify({ ok: isHealthy, findings }, null, 2)
  : isHealthy
    ? 'Nothing is wrong.'
    : `${wrong.length} to mend.`
// A server that never responded may still hold a connection open, so the process is ended explicitly.
process.stdout.write(`${last}\n`, () => process.exit(isHealthy ? 0 : 1))

function print({ check, result, detail, remedy }: Finding): void {
  process.stdout.write(`${marks[result]} ${check}: ${detail}\n${remedy === undefined ? '' : `        ${remedy}\n`}`)
}
