/**
 * `npm run doctor`: checks the configuration against WeChat, step by step, and says what is wrong
 * and how to fix it, in Chinese where the terminal's locale is. Exits with 0 when nothing is wrong, else with 1; `--json`
 * prints a single document at the end, whose checks have their English names in every language.
 */
import '../src/infra/node-version.ts'
import { examine } from '../src/doctor/doctor.ts'
import { type Finding, inLanguage } from '../src/doctor/finding.ts'
import { languageOfLocale } from '../src/doctor/locale.ts'
import { reportTexts } from '../src/doctor/texts.ts'
import { readEnvironment } from '../src/process.ts'

const { env } = readEnvironment()
const language = languageOfLocale(env)
const asJson = process.argv.includes('--json')
const findings: Finding[] = []
for await (const finding of examine(env)) {
  findings.push(finding)
  if (!asJson) print(inLanguage(finding, language))
}
const wrong = findings.filter(({ result }) => result === 'wrong')
const isHealthy = wrong.length === 0
const summary = isHealthy ? reportTexts.nothingWrong : reportTexts.toMend(wrong.length)
const said = findings.map((finding) => ({ ...inLanguage(finding, language), check: finding.check.en }))
const last = asJson ? JSON.stringify({ ok: isHealthy, findings: said }, null, 2) : summary[language]
// A server that never responded may still hold a connection open, so the process is ended explicitly.
process.stdout.write(`${last}\n`, () => process.exit(isHealthy ? 0 : 1))

function print({ check, result, detail, remedy }: Finding<string>): void {
  const line = `${reportTexts[result][language]} ${check}: ${detail}\n`
  process.stdout.write(remedy === undefined ? line : `${line}        ${remedy}\n`)
}
