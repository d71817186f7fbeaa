import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'

const USAGE = `npm run test:model -- [--runs N] [--seed S]

Runs N random sequences of events on orders (1000 by default) and checks each against WeChat's ledger. Prints the seed;
the same seed and N repeat the same sequences.
`

const { values } = parseArgs({
  options: { runs: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
})
const runs = Number(values.runs ?? 1000)
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
if (values.help || !Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed)) {
  process.stdout.write(USAGE)
  process.exit(values.help ? 0 : 2)
}

process.stdout.write(`${runs} sequences, seed ${seed}\n`)
const vitest = spawn('vitest', ['run', 'test/model'], {
  stdio: 'inherit',
  env: { ...process.env, MODEL_RUNS: String(runs), MODEL_SEED: String(seed) },
})
vitest.once('error', (error) => {
  process.stderr.write(`vitest can't be started (${error.message}): run this by npm run test:model\n`)
  process.exitCode = 1
})
vitest.once('exit', (code) => {
  process.exitCode = code ?? 1
})
