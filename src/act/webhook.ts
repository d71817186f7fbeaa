import type { Tx } from '../infra/database.ts'
import type { EventRef } from '../payment/event.ts'
import type { Text } from '../texts.ts'
import {
  addEndpoint,
  disableEndpoint,
  enableEndpoint,
  removeEndpoint,
  rotateSecret,
  type ShownEndpoint,
} from '../webhook/endpoint.ts'
import { type Replay, replay } from '../webhook/replay.ts'
import { type About, change, type Desk, type Outcome, type Wish } from './desk.ts'
import { UsageError } from './errors.ts'
import { webhookActTexts } from './texts.ts'

/** Adds an endpoint, whose secret is in the outcome and never shown again. @throws as {@link addEndpoint}. */
export async function addWebhook(
  desk: Desk,
  { url, types }: { url: string; types: string[] },
  wish: Wish,
): Promise<Outcome> {
  const { config } = desk
  const about: About<{ endpoint: ShownEndpoint }> = {
    action: 'webhook add',
    number: ({ endpoint }) => endpoint.id,
    detail: { types },
  }
  const rules = { ...config.webhook, production: config.production }
  const added = await change(desk, wish, about, (tx) => addEndpoint(tx, { url, eventTypes: types }, rules))
  return withSecret(added, wish)
}

const MOST_KEEP_HOURS = 999

/**
 * Gives an endpoint a new secret, which is in the outcome and never shown again.
 *
 * @throws {UsageError} when the old one is to be kept too long; and as {@link rotateSecret}.
 */
export async function rotateWebhook(
  desk: Desk,
  { id, ...how }: { id: string } & Parameters<typeof rotateSecret>[2],
  wish: Wish,
): Promise<Outcome> {
  const { keepHours } = how
  if (keepHours < 0 || keepHours > MOST_KEEP_HOURS)
    throw new UsageError([{ path: 'keepHours', text: webhookActTexts.keepHours(MOST_KEEP_HOURS) }])
  const about = { action: 'webhook rotate', number: id, detail: how }
  return withSecret(await change(desk, wish, about, (tx) => rotateSecret(tx, id, how)), wish)
}

/** A dry run has made no secret that anybody could use. */
function withSecret({ endpoint, secret }: { endpoint: ShownEndpoint; secret: string }, { dryRun }: Wish): Outcome {
  if (dryRun) return { result: { endpoint }, sentences: describeEndpoint(endpoint) }
  return {
    result: { endpoint, secret },
    sentences: [...describeEndpoint(endpoint), webhookActTexts.secret(secret), webhookActTexts.shownOnce],
  }
}

export type Switch = 'enable' | 'disable' | 'remove'

const switches: Record<Switch, (tx: Tx, id: string, wish: Wish) => Promise<ShownEndpoint>> = {
  enable: (tx, id) => enableEndpoint(tx, id),
  disable: (tx, id, { by }) => disableEndpoint(tx, id, by.reason ?? 'by the operator'),
  remove: (tx, id) => removeEndpoint(tx, id),
}

/** Lets an endpoint get events again, no more of them, or be gone with its deliveries. @throws {NotFoundError} */
export async function switchWebhook(desk: Desk, { id, to }: { id: string; to: Switch }, wish: Wish): Promise<Outcome> {
  const about = { action: `webhook ${to}`, number: id }
  const endpoint = await change(desk, wish, about, (tx) => switches[to](tx, id, wish))
  return { result: { endpoint }, sentences: describeEndpoint(endpoint) }
}

/** What an operator may say about a replay. */
interface ReplayChoice {
  event?: EventRef | null | undefined
  since?: Date | null | undefined
  until?: Date | null | undefined
  failed?: boolean | null | undefined
}

/** A replay of one event, of a span (which ends now where `until` isn't given) or of what has failed. @throws {UsageError} */
export function chooseReplay({ event, since, until, failed }: ReplayChoice): Replay {
  const isOne = [event, since, failed].filter(Boolean).length === 1
  if (isOne && (since || !until)) {
    if (event) return { event }
    return since ? spanOf(since, until ?? new Date()) : { failed: true }
  }
  throw new UsageError([{ path: 'replay', text: webhookActTexts.chooseReplay }])
}

function spanOf(since: Date, until: Date): Replay {
  if (until <= since) throw new UsageError([{ path: 'until', text: webhookActTexts.emptySpan }])
  return { since, until }
}

/** Sends an endpoint events again. @throws as {@link replay}. */
export async function replayWebhook(
  desk: Desk,
  { id, what }: { id: string; what: Replay },
  wish: Wish,
): Promise<Outcome> {
  const number = 'event' in what ? what.event.paymentSn : id
  const about = { action: 'webhook replay', number, detail: { endpointId: id, ...what } }
  const count = await change(desk, wish, about, (tx) => replay(tx, id, what))
  return { result: { endpointId: id, count }, sentences: [webhookActTexts.replayed(count)] }
}

/** An endpoint in two lines, with what waits for it where that is known. */
export function describeEndpoint(
  endpoint: ShownEndpoint & { deliveries?: { PENDING: number; FAILED: number } },
): Text[] {
  return [webhookActTexts.endpointAt(endpoint), webhookActTexts.endpointState(endpoint)]
}
