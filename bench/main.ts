/**
 * `npm run bench`: what each thing costs, beside its limit or what a user would take instead, measured in turn in the
 * same run. docs/performance.md says what the rows mean. Absolute figures belong to the machine; ratios can be compared.
 */
import { parseArgs } from 'node:util'
import { type Bench, type Part, type Samples, withOwnStack } from './part.ts'
import { burst } from './parts/burst.ts'
import { closing } from './parts/closing.ts'
import { distance } from './parts/distance.ts'
import { growth } from './parts/growth.ts'
import { live } from './parts/live.ts'
import { notices } from './parts/notices.ts'
import { purchase } from './parts/purchase.ts'
import { status } from './parts/status.ts'
import { tap } from './parts/tap.ts'
import { openServers } from './servers.ts'
import { describeBelowFloor, isBelowFloor, judge, printRows, TABLE_HEAD } from './table.ts'

const parts: Part[] = [notices, tap, status, purchase, burst, closing, live, growth, distance]

const USAGE = `npm run bench -- [PART …] [--rounds N] [--scale X] [--payments N] [--list]

Measures all parts, or those that are named, in N rounds each (3), and prints a markdown table of medians. Exits with 1
when a row is below its floor. --scale multiplies the work of a round (1), --payments says how many the large database
of "growth" holds (1000000). It starts its own PostgreSQL and Redis, and installs what it measures beside in bench/peers.

${parts.map(({ name, about }) => `  ${name.padEnd(10)} ${about}\n`).join('')}`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    scale: { type: 'string', default: '1' },
    payments: { type: 'string', default: '1000000' },
    list: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})
const [rounds, scale, manyPayments] = [Number(values.rounds), Number(values.scale), Number(values.payments)]
const unknown = positionals.filter((name) => parts.every((part) => part.name !== name))
const isWrong = unknown.length > 0 || ![rounds, scale, manyPayments].every((value) => value > 0)
if (values.list || values.help || isWrong) {
  process.stdout.write(USAGE)
  process.exit(isWrong ? 2 : 0)
}

/** Opens the part, measures its rounds, and closes whatever it opened. */
function run(part: Part, bench: Bench): Promise<Samples[]> {
  return withOwnStack(bench, async (own) => {
    const round = await part.open(own)
    const measured: Samples[] = []
    for (let count = 1; count <= rounds; count++) {
      process.stderr.write(`${part.name}: round ${count} of ${rounds}\n`)
      measured.push(await round())
    }
    return measured
  })
}

const stack = new AsyncDisposableStack()
let closed: Promise<void> | undefined
const close = () => (closed ??= stack.disposeAsync())
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void close().finally(() => process.exit(1)))
}
const below: string[] = []
try {
  const servers = await openServers(stack)
  process.stdout.write(TABLE_HEAD)
  for (const part of parts.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const judged = judge(part, await run(part, { servers, stack, scale, manyPayments }))
    process.stdout.write(printRows(judged))
    below.push(...judged.filter(isBelowFloor).map(describeBelowFloor))
  }
} finally {
  await close()
}
for (const line of below) process.stderr.write(`${line}\n`)
process.exitCode = below.length > 0 ? 1 : 0
