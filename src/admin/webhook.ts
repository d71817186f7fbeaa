import { type Command, InvalidArgumentError } from 'commander'
import { WebhookDeliveryStatus } from '../../prisma/client/enums.ts'
import { EVENT_TYPES } from '../payment/event.ts'
import {
  addEndpoint,
  disableEndpoint,
  enableEndpoint,
  listEndpoints,
  removeEndpoint,
  rotateSecret,
  type ShownEndpoint,
} from '../webhook/endpoint.ts'
import { countDeliveries, listDeliveries } from '../webhook/list.ts'
import { type Replay, replay } from '../webhook/replay.ts'
import { readCount, readOneOf } from './arguments.ts'
import { type CommonOptions, change, type Opened, optionsOf, sayResult, type Terminal, UsageError } from './terminal.ts'
import { adminTexts } from './texts.ts'

const SHOWN_ONCE = 'Keep the secret now: it is never shown again.'

/** `admin webhook …`: the endpoints that events of payments are sent to, and what was sent to them. */
export function addWebhookCommands(program: Command, terminal: Terminal): void {
  const webhook = program
    .command('webhook')
    .description('the endpoints that events of payments are sent to (docs/events.md)')
  addReadingCommands(webhook, terminal)
  addMakingCommands(webhook, terminal)
  addSwitchingCommands(webhook, terminal)
  addReplayCommand(webhook, terminal)
}

function addReadingCommands(webhook: Command, terminal: Terminal): void {
  webhook
    .command('list')
    .description('all endpoints, with what waits for them and what has failed')
    .action(async (_options: object, command: Command) => {
      const { db } = terminal.open()
      const endpoints = await listEndpoints(db)
      const counts = await countDeliveries(db)
      const listed = endpoints.map((each) => ({ ...each, deliveries: counts.get(each.id) ?? NONE }))
      sayResult(terminal, optionsOf(command), { endpoints: listed }, listed.flatMap(describeEndpoint))
    })
  webhook
    .command('deliveries <endpoint>')
    .description('the newest deliveries to an endpoint, with its last answers')
    .option('--status <status>', 'PENDING, DELIVERED or FAILED', readOneOf(Object.values(WebhookDeliveryStatus)))
    .option('--limit <count>', 'how many at most', readCount, 20)
    .action(async (endpoint: string, options: ListOptions, command: Command) => {
      const deliveries = await listDeliveries(terminal.open().db, endpoint, options)
      const lines = deliveries.map(
        ({ paymentSn, version, status, tries, nextTryAt, lastAnswer }) =>
          `${paymentSn}:${version} ${status} tries ${tries}${status === 'PENDING' ? ` next ${nextTryAt.toISOString()}` : ''} ${lastAnswer ?? ''}`,
      )
      sayResult(terminal, optionsOf(command), { deliveries }, lines)
    })
}

type ListOptions = Parameters<typeof listDeliveries>[2]

function addMakingCommands(webhook: Command, terminal: Terminal): void {
  webhook
    .command('add <url>')
    .description('adds an endpoint, and shows its secret once')
    .option('--types <types>', `some of ${EVENT_TYPES.join(',')}; all without it`, readList, [])
    .action(async (url: string, { types }: { types: string[] }, command: Command) => {
      const added = await run(
        terminal,
        command,
        {
          action: 'webhook add',
          number: ({ endpoint }: { endpoint: ShownEndpoint }) => endpoint.id,
          detail: { types },
        },
        (tx, { config }) =>
          addEndpoint(tx, { url, eventTypes: types }, { ...config.webhook, production: config.production }),
      )
      sayWithSecret(terminal, optionsOf(command), added)
    })
  webhook
    .command('rotate <endpoint>')
    .description('gives an endpoint a new secret, and shows it once; the old one signs as well for a while')
    .option('--keep-hours <hours>', 'for so long', readHours, 24)
    .option(
      '--again',
      'replaces the secret of the last rotation, which was lost; the one before it stays live for as long',
    )
    .action(async (id: string, options: RotateOptions, command: Command) => {
      const about = { action: 'webhook rotate', number: id, detail: options }
      const rotated = await run(terminal, command, about, (tx) => rotateSecret(tx, id, options))
      sayWithSecret(terminal, optionsOf(command), rotated)
    })
}

type RotateOptions = Parameters<typeof rotateSecret>[2]

/** A dry run has made no secret that anybody could use. */
function sayWithSecret(
  terminal: Terminal,
  options: CommonOptions,
  { endpoint, secret }: { endpoint: ShownEndpoint; secret: string },
): void {
  const lines = describeEndpoint(endpoint)
  if (options.dryRun) return sayResult(terminal, options, { endpoint }, lines)
  sayResult(terminal, options, { endpoint, secret }, [...lines, `secret ${secret}`, SHOWN_ONCE])
}

function addSwitchingCommands(webhook: Command, terminal: Terminal): void {
  const add = (name: string, description: string, work: Work<ShownEndpoint, [id: string]>) => {
    webhook
      .command(`${name} <endpoint>`)
      .description(description)
      .action(async (id: string, _options: object, command: Command) => {
        const about = { action: `webhook ${name}`, number: id }
        const endpoint = await run(terminal, command, about, (tx, opened, options) => work(tx, opened, options, id))
        sayResult(terminal, optionsOf(command), { endpoint }, describeEndpoint(endpoint))
      })
  }
  add('enable', 'lets an endpoint get events again, and what waits for it first', (tx, _opened, _options, id) =>
    enableEndpoint(tx, id),
  )
  add('disable', 'sends an endpoint nothing from here on', (tx, _opened, { reason }, id) =>
    disableEndpoint(tx, id, reason ?? 'by the operator'),
  )
  add('remove', 'removes an endpoint, with all its deliveries', (tx, _opened, _options, id) => removeEndpoint(tx, id))
}

function addReplayCommand(webhook: Command, terminal: Terminal): void {
  webhook
    .command('replay <endpoint>')
    .description('sends an endpoint events again, or from before it was added')
    .option('--event <paymentSn:version>', 'this one', readEvent)
    .option('--since <instant>', 'those from this instant on, such as 2026-11-27T00:00:00Z', readInstant)
    .option('--until <instant>', 'those before this instant; now without it', readInstant)
    .option('--failed', 'every delivery that has failed')
    .action(async (id: string, options: ReplayOptions, command: Command) => {
      const what = chooseReplay(options)
      const number = 'event' in what ? what.event.paymentSn : id
      const about = { action: 'webhook replay', number, detail: { endpointId: id, ...what } }
      const count = await run(terminal, command, about, (tx) => replay(tx, id, what))
      sayResult(terminal, optionsOf(command), { endpointId: id, count }, [`${count} to be delivered again`])
    })
}

interface ReplayOptions {
  event?: { paymentSn: string; version: number }
  since?: Date
  until?: Date
  failed?: boolean
}

function chooseReplay({ event, since, until, failed }: ReplayOptions): Replay {
  const chosen = [event, since, failed].filter((each) => each !== undefined)
  if (chosen.length === 1 && (since || !until)) {
    if (event) return { event }
    return since ? spanOf(since, until ?? new Date()) : { failed: true }
  }
  throw new UsageError([{ path: 'replay', text: adminTexts.chooseReplay }])
}

function spanOf(since: Date, until: Date): Replay {
  if (until <= since) throw new UsageError([{ path: 'until', text: adminTexts.emptySpan }])
  return { since, until }
}

type Work<Result, More extends unknown[] = []> = (
  tx: Parameters<Parameters<typeof change>[3]>[0],
  opened: Opened,
  options: CommonOptions,
  ...more: More
) => Promise<Result>

function run<Result>(
  terminal: Terminal,
  command: Command,
  about: Parameters<typeof change<Result>>[2],
  work: Work<Result>,
): Promise<Result> {
  const opened = terminal.open()
  const options = optionsOf(command)
  return change(opened, options, about, (tx) => work(tx, opened, options))
}

const NONE = { PENDING: 0, FAILED: 0 }

function describeEndpoint(endpoint: ShownEndpoint & { deliveries?: typeof NONE }): string[] {
  const { id, url, enabled, disabledReason, eventTypes, failingSince, deliveries } = endpoint
  const types = eventTypes.length === 0 ? 'all events' : eventTypes.join(',')
  const state = enabled ? 'enabled' : `disabled: ${disabledReason ?? ''}`
  const counts = deliveries ? `, ${deliveries.PENDING} waiting, ${deliveries.FAILED} failed` : ''
  const failing = failingSince ? `, failing since ${failingSince.toISOString()}` : ''
  return [`${id} ${url}`, `  ${types}, ${state}${counts}${failing}`]
}

function readList(text: string): string[] {
  return text.split(',').map((each) => each.trim())
}

function readHours(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of hours from 0 to 999.')
  return Number(text)
}

function readEvent(text: string): ReplayOptions['event'] {
  const [, paymentSn, version] = /^([^:]+):(\d{1,9})$/.exec(text) ?? []
  if (paymentSn === undefined) throw new InvalidArgumentError('It must be a payment’s number, a colon and a version.')
  return { paymentSn, version: Number(version) }
}

/**
 * Only what says its time zone: a local time would be another instant on another machine. And only a day that exists: JavaScript
 * takes 30 February for 2 March.
 */
function readInstant(text: string): Date {
  const [, day = ''] = /^(\d{4}-\d\d-\d\d)T[\d:.]+(Z|[+-]\d\d:\d\d)$/.exec(text) ?? []
  const [instant, midnight] = [new Date(text), new Date(day)]
  const exists = !Number.isNaN(instant.getTime()) && !Number.isNaN(midnight.getTime())
  if (exists && midnight.toISOString().startsWith(day)) return instant
  throw new InvalidArgumentError('It must be like 2026-11-27T08:00:00+08:00.')
}
