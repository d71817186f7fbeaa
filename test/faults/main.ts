import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { makeScratch } from '../harness/scratch.ts'
import { type Control, controls, findControl, makeMistake } from './controls.ts'
import { runPrepared } from './prepared.ts'
import { addFigures, countFigures, describeFigures, describeRun, type Figures } from './report.ts'
import { type Round, roundsOf } from './rounds.ts'
import { type Outcome, runFaults } from './run.ts'

const USAGE = `npm run test:faults -- [--minutes N | --orders N | --each-trouble] [--seed S] [--guests N] [--stage processes|start]
  [--calm] [--patient] [--control NAME|all]

Guests, hosts and operators use a deployment of its own (two API processes, two workers, PostgreSQL, Redis, the sandbox as
WeChat; or npm start) for N minutes (1), so many guests at once (24), while processes and servers are killed, frozen and cut off,
the disk is full, the clock is moved, and WeChat fails. Then all settles, days pass, and everything that is recorded is compared.
More than ten minutes are rounds, each with a deployment and a seed of its own; every third has npm start on its stage. The
same seed gives the same plans, troubles and faults; which payment meets which depends on the machine's timing.

--orders N          goes on until N guests have come
--each-trouble      goes on until each trouble has been made
--stage processes   the processes of a deployment in every round; --stage start: npm start
--calm              makes no trouble
--patient           doesn't judge how long recoveries take

Exits with 1 when a rule is broken. With --control a mistake is made in a copy of the code first, and it exits with 1 unless the
rule that the mistake breaks is broken.
`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    orders: { type: 'string' },
    'each-trouble': { type: 'boolean', default: false },
    seed: { type: 'string' },
    guests: { type: 'string', default: '24' },
    stage: { type: 'string' },
    calm: { type: 'boolean', default: false },
    patient: { type: 'boolean', default: false },
    control: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
const [minutes, guests, orders] = [Number(values.minutes), Number(values.guests), Number(values.orders ?? 1)]
const { stage } = values
const isRight =
  minutes > 0 &&
  [guests, orders].every((count) => Number.isSafeInteger(count) && count > 0) &&
  Number.isSafeInteger(seed) &&
  (stage === undefined || stage === 'processes' || stage === 'start') &&
  !(values.calm && values['each-trouble'])
if (values.help || !isRight) {
  process.stdout.write(
    `${USAGE}\nThe controls:\n${controls.map(({ name, mistake }) => `  ${name}: ${mistake}\n`).join('')}`,
  )
  process.exit(values.help ? 0 : 2)
}
const say = (text: string) => void process.stdout.write(`${text}\n`)
const preparedCode = await runPrepared(say)
if (preparedCode !== null) process.exit(preparedCode)

const rounds = roundsOf({
  minutes,
  seed,
  ...(values['each-trouble'] ? { span: 'each trouble' } : values.orders === undefined ? {} : { span: { orders } }),
  ...(stage === 'processes' || stage === 'start' ? { kind: stage } : {}),
})
const run = (round: Round, root: string, control: Pick<Control, 'sql' | 'showsIn' | 'faults'> = {}): Promise<Outcome> =>
  runFaults({
    ...round,
    atOnce: guests,
    root,
    isTormented: !values.calm && control.showsIn !== 'calm',
    isPatient: values.patient,
    progress: (text) => say(`${(performance.now() / 1_000).toFixed(0).padStart(6)} s  ${text}`),
    ...(control.sql ? { sql: control.sql } : {}),
    ...(control.faults ? { faults: control.faults } : {}),
    ...(Array.isArray(control.showsIn) ? { troubles: control.showsIn } : {}),
  })

/** @returns whether the run found what the control broke. */
async function isCaught(control: Control): Promise<boolean> {
  const root = await makeScratch('looklook-control-')
  // Whatever ends it.
  process.once('exit', () => rmSync(root, { recursive: true, force: true }))
  try {
    await makeMistake(control, root)
    for (const round of rounds) {
      const outcome = await run({ ...round, kind: 'processes' }, root, control)
      const isFound = outcome.violations.some(({ rule }) => rule === control.breaks)
      say(isFound ? '' : describeRun(outcome))
      const rules = [...new Set(outcome.violations.map(({ rule }) => rule))].join(', ')
      say(
        `${isFound ? 'caught' : 'NOT CAUGHT'}  ${control.name} (${control.mistake}): ${outcome.violations.length} violations: ${rules}`,
      )
      await rm(outcome.dataDir, { recursive: true, force: true })
      if (isFound) return true
    }
    return false
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

if (values.control === undefined) {
  const figures: Figures[] = []
  for (const round of rounds) {
    say(
      `\nseed ${round.seed}, ${round.kind === 'start' ? 'npm start' : 'two API processes, two workers'}, ${guests} guests at once`,
    )
    const outcome = await run(round, process.cwd())
    say(describeRun(outcome))
    if (outcome.violations.length > 0) say(`\nlogs and evidence are kept in ${outcome.dataDir}`)
    figures.push(countFigures(outcome))
  }
  const total = addFigures(figures)
  if (figures.length > 1) say(`\n${figures.length} rounds\n${describeFigures(total).join('\n')}`)
  process.exitCode = total.violations > 0 ? 1 : 0
} else {
  const chosen = values.control === 'all' ? controls : [findControl(values.control)]
  for (const control of chosen) if (!(await isCaught(control))) process.exitCode = 1
}
