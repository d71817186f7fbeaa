import { type Command, InvalidArgumentError } from 'commander'
import { WebhookDeliveryStatus } from '../../prisma/client/enums.ts'
import {
  addWebhook,
  chooseReplay,
  describeEndpoint,
  replayWebhook,
  rotateWebhook,
  type Switch,
  switchWebhook,
} from '../act/webhook.ts'
import { EVENT_TYPES, type EventRef } from '../payment/event.ts'
import { listDeliveries, listWithCounts } from '../webhook/list.ts'
import { readCount, readOneOf } from './arguments.ts'
import { act, optionsOf, sayResult, type Terminal } from './terminal.ts'

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
      const endpoints = await listWithCounts(terminal.open().db)
      sayResult(
        terminal,
        optionsOf(command),
        { endpoints },
        endpoints.flatMap(describeEndpoint).map(({ en }) => en),
      )
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
    .action((url: string, { types }: { types: string[] }, command: Command) =>
      act(terminal, command, addWebhook, { url, types }),
    )
  webhook
    .command('rotate <endpoint>')
    .description('gives an endpoint a new secret, and shows it once; the old one signs as well for a while')
    .option('--keep-hours <hours>', 'for so long', readHours, 24)
    .option(
      '--again',
      'replaces the secret of the last rotation, which was lost; the one before it stays live for as long',
    )
    .action((id: string, options: RotateOptions, command: Command) =>
      act(terminal, command, rotateWebhook, { id, ...options }),
    )
}

type RotateOptions = Omit<Parameters<typeof rotateWebhook>[1], 'id'>

function addSwitchingCommands(webhook: Command, terminal: Terminal): void {
  const add = (to: Switch, description: string) => {
    webhook
      .command(`${to} <endpoint>`)
      .description(description)
      .action((id: string, _options: object, command: Command) => act(terminal, command, switchWebhook, { id, to }))
  }
  add('enable', 'lets an endpoint get events again, and what waits for it first')
  add('disable', 'sends an endpoint nothing from here on')
  add('remove', 'removes an endpoint, with all its deliveries')
}

function addReplayCommand(webhook: Command, terminal: Terminal): void {
  webhook
    .command('replay <endpoint>')
    .description('sends an endpoint events again, or from before it was added')
    .option('--event <paymentSn:version>', 'this one', readEvent)
    .option('--since <instant>', 'those from this instant on, such as 2026-11-27T00:00:00Z', readInstant)
    .option('--until <instant>', 'those before this instant; now without it', readInstant)
    .option('--failed', 'every delivery that has failed')
    .action(async (id: string, options: Parameters<typeof chooseReplay>[0], command: Command) => {
      await act(terminal, command, replayWebhook, { id, what: chooseReplay(options) })
    })
}

function readList(text: string): string[] {
  return text.split(',').map((each) => each.trim())
}

function readHours(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of hours.')
  return Number(text)
}

function readEvent(text: string): EventRef {
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
