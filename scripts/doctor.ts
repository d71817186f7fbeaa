/**
 * `npm run doctor`: checks the configuration in the environment against WeChat and says what is wrong and where to mend
 * it. Exit code 0 when nothing is wrong, 1 otherwise; `--json` for programs.
 */
import { examine } from '../src/doctor/doctor.ts'

const marks = { ok: 'ok     ', wrong: 'WRONG  ', skipped: 'skipped' }

const findings = await examine(process.env)
const wrong = findings.filter(({ result }) => result === 'wrong')
if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ ok: wrong.length === 0, findings }, null, 2)}\n`)
} else {
  for (const { check, result, detail, remedy } of findings) {
    process.stdout.write(`${marks[result]} ${check}: ${detail}\n${remedy === undefined ? '' : `        ${remedy}\n`}`)
  }
  process.stdout.write(wrong.length === 0 ? 'Nothing is wrong.\n' : `${wrong.length} to mend.\n`)
}
process.exitCode = wrong.length === 0 ? 0 : 1
