import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fault } from '@looklook-pay/sandbox'
import pino from 'pino'
import { type App, openApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { addEndpoint } from '../../src/webhook/endpoint.ts'
import { connectApi } from './api.ts'
import { findViolations } from './checker/check.ts'
import type { Violation } from './checker/indexed.ts'
import { hasClock } from './clock.ts'
import { collect, templatesOf } from './collect.ts'
import type { Evidence } from './evidence.ts'
import { signIn, type Town } from './guest.ts'
import { createNights } from './homestays.ts'
import { openListening, openService } from './listening.ts'
import { drive, type Fared } from './lives.ts'
import { emptyHavoc, type Havoc, type Span, torment } from './nemesis.ts'
import { operate } from './operator.ts'
import { createRandom } from './random.ts'
import { letDaysPass, settle } from './settle.ts'
import { openStage, type Stage, type StageKind } from './stage.ts'
import { faultsOf } from './wechat.ts'

/** With a clock that can be moved, as long as a prepay id lives and longer; without one, nobody waits for it. */
const PAY_SECONDS = { moving: 9_000, still: 20 }

/** So many pass at the end, where the clock can be moved: the second brings the last bill, after the third stays end. */
const DAYS = { brief: 1, whole: 3 }

export interface RunOptions {
  /** How long guests come: until so much time has passed, so many have booked, or each trouble has been made. */
  span: { seconds: number } | { orders: number } | 'each trouble'
  kind: StageKind
  seed: number
  /** How many guests at once. */
  atOnce: number
  /** The code of the API and the workers. */
  root: string
  /** Whether anybody makes trouble at all. */
  isTormented: boolean
  /** By name, what trouble is made; all of it where none is named. */
  troubles?: readonly string[]
  /** What WeChat does wrong beside what it does in every run with trouble. */
  faults?: readonly Fault[]
  /** Whether nobody asks how long recoveries take: on a machine of any speed, they come to their end. */
  isPatient: boolean
  /** Statements that the database runs before anybody comes. */
  sql?: readonly string[]
  /** Hears how far the run is. */
  progress: (text: string) => void
}

export interface Outcome {
  evidence: Evidence
  violations: Violation[]
  fared: Fared
  havoc: Havoc
  /** Of the time in which guests came. */
  seconds: number
  settledInSeconds: number
  left: Record<string, number>
  /** Logs and rows, kept when there are violations. */
  dataDir: string
}

/** Guests, hosts, operators and the nemesis on a stage of their own; then all settles, and is judged. */
export async function runFaults(options: RunOptions): Promise<Outcome> {
  const { kind, root, sql = [] } = options
  const canMove = hasClock() && kind === 'processes'
  const env = {
    ORDER_PAY_SECONDS: `${canMove ? PAY_SECONDS.moving : PAY_SECONDS.still}`,
    ORDER_CLOSE_GRACE_SECONDS: '1',
    PAYMENT_RECHECK_SECONDS: '3,8,20,60',
  }
  const opening = openStage({ kind, root, env, sql })
  const abort = () => void opening.then((stage) => stage.close({ keepFiles: false })).finally(() => process.exit(130))
  // A terminal’s Ctrl-C comes twice: to all, and by the process that has started this one.
  process.on('SIGINT', abort).on('SIGTERM', abort)
  const stage = await opening
  let keepFiles = true
  try {
    const outcome = await perform(stage, options)
    keepFiles = outcome.violations.length > 0
    if (keepFiles) await writeFile(join(stage.dataDir, 'evidence.json'), JSON.stringify(outcome.evidence))
    return outcome
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort)
    await stage.close({ keepFiles })
  }
}

async function perform(stage: Stage, options: RunOptions): Promise<Outcome> {
  const { seed } = options
  const listening = openListening(stage.apiPorts, createRandom(seed + 1))
  const service = await openService(createRandom(seed + 2))
  const office = await openOffice(stage)
  const operating = new AbortController()
  let operator: Promise<void> | undefined
  try {
    service.trust(await addEndpointOf(office, service.url))
    const town = await settleIn(stage, listening, options)
    const { told, asked, toAdopt } = town
    const isOver = () => operating.signal.aborted
    operator = operate(office.deps, { random: createRandom(seed + 3), asked, toAdopt, isOver })
    options.progress('guests come')
    const driven = await makeThemMeet(stage, town, options)
    options.progress('all settles')
    const drivenAt = performance.now()
    const settled = await settle(stage, options.progress)
    const settledInSeconds = (performance.now() - drivenAt) / 1_000
    const days = options.span === 'each trouble' ? DAYS.brief : DAYS.whole
    const isStuck = Object.keys(settled).length > 0
    if (stage.sleep && !isStuck) options.progress('days pass')
    const left = isStuck ? settled : await letDaysPass(stage, days, options.progress)
    operating.abort()
    await operator
    listening.close()
    const { recoveries } = driven.havoc
    const heard = { streams: listening.streams, received: service.received }
    const evidence = await collect(stage, { told, asked, ...heard, exits: stage.exits(), recoveries })
    const violations = findViolations(evidence, options)
    return { ...driven, evidence, violations, settledInSeconds, left, dataDir: stage.dataDir }
  } finally {
    operating.abort()
    await operator
    listening.close()
    service.close()
    await office.close()
  }
}

/** Where operators work: the functions behind their command, on connections of their own. */
function openOffice({ settings }: Stage): Promise<App> {
  const config = loadConfig({ ...settings, PORT: '0' }, 'api')
  return openApp(config, { log: pino({ level: 'silent' }), role: 'send' })
}

/** @returns the secret that signs what the endpoint gets. */
async function addEndpointOf({ deps }: App, url: string): Promise<string> {
  const rules = { production: false, allowPrivate: true }
  const added = await deps.db.$transaction((tx) => addEndpoint(tx, { url, eventTypes: [] }, rules))
  return added.secret
}

/** Guests come, and trouble. */
async function makeThemMeet(
  stage: Stage,
  town: Town,
  { seed, span, atOnce, isTormented, troubles, faults = [] }: RunOptions,
): Promise<Pick<Outcome, 'fared' | 'havoc' | 'seconds'>> {
  if (isTormented) await stage.wechat.addFaults([...faults, ...faultsOf(seed)])
  const begunAt = performance.now()
  let areEnough = false
  const isOver = (guests: number) => {
    if (span === 'each trouble') return areEnough
    areEnough ||= 'orders' in span ? guests >= span.orders : performance.now() > begunAt + span.seconds * 1_000
    return areEnough
  }
  const driving = drive(town, { atOnce, seed, isOver })
  try {
    const until: Span = span === 'each trouble' ? span : { isOver: () => areEnough }
    const spell = { span: until, ...(troubles ? { names: troubles } : {}) }
    const havoc = isTormented ? await torment(stage, createRandom(seed + 4), spell) : emptyHavoc()
    areEnough ||= span === 'each trouble'
    return { fared: await driving, havoc, seconds: (performance.now() - begunAt) / 1_000 }
  } finally {
    areEnough = true
  }
}

async function settleIn(
  { apiPorts, wechat, settings, sleep }: Stage,
  listening: Town['listening'],
  { seed, span }: RunOptions,
): Promise<Town> {
  const random = createRandom(seed)
  const api = connectApi(apiPorts, random)
  return {
    api,
    wechat,
    random,
    listening,
    templateIds: Object.values(templatesOf(settings)),
    hostToken: await signIn(api, 'o_demo_host'),
    told: [],
    asked: [],
    toAdopt: [],
    // The notices of a day come to their end before the bill is asked for: too long for what is brief.
    hasBills: sleep !== undefined && span !== 'each trouble',
    nextNight: createNights(),
  }
}
