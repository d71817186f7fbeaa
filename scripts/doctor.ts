/**
 * `npm run doctor`: checks the configuration in the environment against WeChat and says what is wrong and where to mend
 * it, step by step. Exit code 0 when nothing is wrong, 1 otherwise; `--json` for programs: one document, at the end.
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
const isWell = wrong.length === 0
const last = asJson
  ? JSON.stringify({ ok: isWell, findings }, null, 2)
  : isWell
    ? 'Nothing is wrong.'
    : `${wrong.length} to mend.`
// What never answered may still hold a connection: nobody waits for its end.
process.stdout.write(`${last}\n`, () => process.exit(isWell ? 0 : 1))

function print({ check, result, detail, remedy }: Finding): void {
  process.stdout.write(`${marks[result]} ${check}: ${detail}\n${remedy === undefined ? '' : `        ${remedy}\n`}`)
}
