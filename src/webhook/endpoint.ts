import { Prisma, type WebhookEndpoint } from '../../prisma/client/client.ts'
import { InvalidInputError, NotFoundError } from '../errors.ts'
import type { Tx } from '../infra/database.ts'
import { randomCharacters } from '../infra/numbers.ts'
import { webhookEvent } from '../jobs.ts'
import { EVENT_TYPES, type EventType } from '../payment/event.ts'
import { startListening, stopListening } from '../payment/outbox/listen.ts'
import { createSecret } from './signature.ts'
import { webhookTexts } from './texts.ts'
import { checkUrl, type UrlRules } from './url-rules.ts'

/** Each has calls of its own in flight, in every worker. */
const MOST_ENDPOINTS = 50

/** An endpoint as it is shown: without its secrets. */
export type ShownEndpoint = Omit<WebhookEndpoint, 'secret' | 'previousSecret'>

const SHOWN = {
  id: true,
  url: true,
  eventTypes: true,
  enabled: true,
  disabledReason: true,
  previousSecretUntil: true,
  failingSince: true,
  createdAt: true,
} as const

/**
 * Adds an endpoint, which gets every event from the commit of `tx` on.
 *
 * @param eventTypes all when empty.
 * @returns its secret, which is never shown again.
 * @throws {InvalidInputError} when it mustn't be sent to, a type is unknown, or there are too many endpoints.
 */
export async function addEndpoint(
  tx: Tx,
  { url, eventTypes }: { url: string; eventTypes: string[] },
  rules: UrlRules,
): Promise<{ endpoint: ShownEndpoint; secret: string }> {
  const { href } = checkUrl(url, rules)
  const types = checkTypes(eventTypes)
  await serializeChanges(tx)
  if ((await tx.webhookEndpoint.count()) >= MOST_ENDPOINTS) {
    throw new InvalidInputError([{ path: 'url', text: webhookTexts.tooManyEndpoints(MOST_ENDPOINTS) }])
  }
  const id = `we_${randomCharacters(16)}`
  const secret = createSecret()
  const data = { id, url: href, eventTypes: types, secret }
  const endpoint = await tx.webhookEndpoint.create({ data, select: SHOWN })
  await listenWhileEnabled(tx)
  return { endpoint, secret }
}

function checkTypes(eventTypes: string[]): EventType[] {
  const unknown = eventTypes.filter((type) => !EVENT_TYPES.some((known) => known === type))
  if (unknown.length > 0) {
    throw new InvalidInputError([{ path: 'types', text: webhookTexts.unknownTypes(EVENT_TYPES) }])
  }
  return EVENT_TYPES.filter((type) => eventTypes.includes(type))
}

/** All endpoints, oldest first. */
export function listEndpoints(db: Pick<Tx, 'webhookEndpoint'>): Promise<ShownEndpoint[]> {
  return db.webhookEndpoint.findMany({ select: SHOWN, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })
}

/** @throws {NotFoundError} */
export async function getEndpoint(db: Pick<Tx, 'webhookEndpoint'>, id: string): Promise<ShownEndpoint> {
  const endpoint = await db.webhookEndpoint.findUnique({ where: { id }, select: SHOWN })
  if (!endpoint) throw new NotFoundError(webhookTexts.endpoint)
  return endpoint
}

/**
 * Lets an endpoint get events from here on, beginning with what still waits for it. What came meanwhile can be replayed. Safe to
 * call twice.
 *
 * @throws {NotFoundError}
 */
export async function enableEndpoint(tx: Tx, id: string): Promise<ShownEndpoint> {
  return changeEndpoint(tx, id, { enabled: true, disabledReason: null, failingSince: null })
}

/** Sends an endpoint nothing from here on; what waits for it stays. Safe to call twice. @throws {NotFoundError} */
export async function disableEndpoint(tx: Tx, id: string, reason: string): Promise<ShownEndpoint> {
  return changeEndpoint(tx, id, { enabled: false, disabledReason: reason })
}

/** Disables an endpoint by itself. Safe to call twice, and at once. @returns true when it was enabled until now. */
export async function disableDeadEndpoint(tx: Tx, id: string, reason: string): Promise<boolean> {
  await serializeChanges(tx)
  const data = { enabled: false, disabledReason: reason }
  const { count } = await tx.webhookEndpoint.updateMany({ where: { id, enabled: true }, data })
  if (count > 0) await listenWhileEnabled(tx)
  return count > 0
}

async function changeEndpoint(tx: Tx, id: string, data: Partial<WebhookEndpoint>): Promise<ShownEndpoint> {
  await serializeChanges(tx)
  await getEndpoint(tx, id)
  const endpoint = await tx.webhookEndpoint.update({ where: { id }, data, select: SHOWN })
  await listenWhileEnabled(tx)
  return endpoint
}

/**
 * Gives an endpoint a new secret. Calls are signed by the one before as well for `keepHours`.
 *
 * @param again replaces the secret of the last rotation, as one that was lost: the one before it signs as well for as long as it did.
 * @returns the new secret, which is never shown again.
 * @throws {NotFoundError}
 * @throws {InvalidInputError} when a third secret would end one that its endpoint may still need, or there is none to replace.
 */
export async function rotateSecret(
  tx: Tx,
  id: string,
  { keepHours, again = false }: { keepHours: number; again?: boolean },
): Promise<{ endpoint: ShownEndpoint; secret: string }> {
  await serializeChanges(tx)
  const { previousSecretUntil } = await getEndpoint(tx, id)
  const isRotating = previousSecretUntil !== null && previousSecretUntil > new Date()
  if (again && !isRotating) throw new InvalidInputError([{ path: 'again', text: webhookTexts.nothingLost }])
  if (!again && isRotating && keepHours > 0) {
    throw new InvalidInputError([{ path: 'rotate', text: webhookTexts.rotating(previousSecretUntil.toISOString()) }])
  }
  const secret = createSecret()
  const kept = Prisma.sql`, "previousSecret" = secret, "previousSecretUntil" = now() + make_interval(secs => ${keepHours * 3_600})`
  const ended = Prisma.sql`, "previousSecret" = NULL, "previousSecretUntil" = NULL`
  const previous = keepHours > 0 ? kept : ended
  await tx.$executeRaw`
    UPDATE webhook_endpoint SET secret = ${secret} ${again ? Prisma.empty : previous} WHERE id = ${id}`
  return { endpoint: await getEndpoint(tx, id), secret }
}

/** Removes an endpoint with all that was, or is to be, delivered to it. @throws {NotFoundError} */
export async function removeEndpoint(tx: Tx, id: string): Promise<ShownEndpoint> {
  await serializeChanges(tx)
  const endpoint = await getEndpoint(tx, id)
  await tx.webhookEndpoint.delete({ where: { id } })
  await listenWhileEnabled(tx)
  return endpoint
}

const CHANGES_LOCK = 4_701_522_913

/** Of two changes of endpoints at once, the second sees what the first has left: whether anybody still listens. */
async function serializeChanges(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${CHANGES_LOCK})`
}

/** While no endpoint is enabled, changes of payments cost nothing on behalf of webhooks. */
async function listenWhileEnabled(tx: Tx): Promise<void> {
  const enabled = await tx.webhookEndpoint.count({ where: { enabled: true } })
  await (enabled > 0 ? startListening : stopListening)(tx, webhookEvent)
}
