import { parseArgs } from 'node:util'
import { attacks } from './attacks.ts'
import { type Measured, measure } from './measure.ts'

const USAGE = `npm run test:attack -- [--only TEXT] [--pairs N] [--operations N]

Runs every attack (or those whose name contains TEXT) against a deployment of its own, beside honest guests, and prints
how long their operations took with and without it. Each figure is the median of N pairs (3), each half of them with
at least N honest operations (1000). Exits with 1 when a bound is broken: p99 at most three times, and the noise of a
pair without attack; memory back within 30 s; the process alive; no honest guest refused; every attack refused.
`

/** The honest p99 may rise by this factor, and by the noise of the machine besides. */
const MOST_RATIO = 3

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    pairs: { type: 'string' },
    operations: { type: 'string' },
    help: { type: 'boolean' },
  },
})
const [pairs, operations] = [Number(values.pairs ?? 3), Number(values.operations ?? 1000)]
const chosen = attacks.filter(({ name }) => name.includes(values.only ?? ''))
if (values.help || chosen.length === 0 || !isCount(pairs) || !isCount(operations)) {
  process.stdout.write(`${USAGE}\nThe attacks:\n${attacks.map(({ name }) => `  ${name}\n`).join('')}`)
  process.exit(values.help ? 0 : 2)
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0
}

const ms = (value: number) => value.toFixed(1)

function row({ name, limit, without, with: under, p99Ratio, memory, answers }: Measured): string {
  const seen = Object.entries(answers).map(([answer, count]) => `${answer} x${count}`)
  const cells = [
    name,
    limit,
    `${ms(without.p50)} / ${ms(without.p99)}`,
    `${ms(under.p50)} / ${ms(under.p99)}`,
    p99Ratio.toFixed(2),
    `${memory.without} / ${memory.with} / ${memory.after}`,
    seen.join(', '),
  ]
  return `| ${cells.join(' | ')} |`
}

function faultsOf(measured: Measured, refusals: string[], mostRatio: number): string[] {
  const { p99Ratio, isMemoryBack, isAlive, failures, answers, memory } = measured
  return [
    ...(p99Ratio > mostRatio ? [`p99 rose ${p99Ratio.toFixed(2)} times, ${mostRatio.toFixed(2)} are allowed`] : []),
    ...(isMemoryBack ? [] : [`memory is not back: ${memory.without} MB without, ${memory.after} MB after`]),
    ...(isAlive ? [] : ['the process ended']),
    ...(failures.length > 0 ? [`${failures.length} honest guests failed: ${failures[0]}`] : []),
    ...(refusals.some((refusal) => answers[refusal]) ? [] : [`not refused: ${JSON.stringify(answers)}`]),
  ]
}

process.stdout.write(`| attack | limit | p50 / p99 without, ms | with, ms | p99 ratio | memory without / with / after, MB | answers |
|---|---|---|---|---|---|---|
`)
const quiet = await measure(undefined, { pairs, operations })
process.stdout.write(`${row(quiet)}\n`)
const noise = Math.max(1, quiet.p99Ratio, 1 / quiet.p99Ratio)
const complaints: string[] = []
for (const attack of chosen) {
  const measured = await measure(attack, { pairs, operations })
  process.stdout.write(`${row(measured)}\n`)
  const faults = faultsOf(measured, attack.refusals, MOST_RATIO * noise)
  complaints.push(...faults.map((fault) => `${attack.name}: ${fault}`))
}
const summary = complaints.length === 0 ? ['Every attack stayed within its bounds.'] : complaints
process.stdout.write(`\n${summary.join('\n')}\n`)
process.exitCode = complaints.length === 0 ? 0 : 1
