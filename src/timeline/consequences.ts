import type { Message, WebhookDelivery } from '../../prisma/client/client.ts'
import type { Database } from '../infra/database.ts'
import { DEAD_LETTERS } from '../infra/queue.ts'
import { type Entry, sentence } from './entry.ts'
import type { Subject } from './subject.ts'

/** What followed from the changes of a payment: jobs, listeners' among them, messages, and webhooks. */
export async function readConsequences(db: Database, { orders, payments }: Subject): Promise<Entry[]> {
  const paymentSns = payments.map(({ sn }) => sn)
  const orderSns = [...orders, ...payments.map(({ orderSn }) => ({ sn: orderSn }))].map(({ sn }) => sn)
  const [jobs, messages, deliveries] = await Promise.all([
    readJobs(db, paymentSns, orderSns),
    db.message.findMany({ where: { paymentSn: { in: paymentSns } }, orderBy: { kind: 'asc' } }),
    readDeliveries(db, paymentSns),
  ])
  return [...jobs.flatMap(jobEntries), ...messages.flatMap(messageEntries), ...deliveries.flatMap(deliveryEntries)]
}

interface JobRow {
  id: string
  name: string
  state: string
  number: string
  /** Of the event that a listener gets. */
  version: number | null
  retries: number
  createdAt: Date
  nextAt: Date
  endedAt: Date | null
  /** Where a dead letter comes from. */
  origin: string | null
}

/** Read as a whole, without an index: ended jobs are deleted after an hour, so there are few. */
function readJobs(db: Database, paymentSns: string[], orderSns: string[]): Promise<JobRow[]> {
  return db.$queryRaw`
    SELECT id::text, name, state::text, COALESCE(data->>'paymentSn', data->>'orderSn') AS number,
      (data->>'version')::int AS version, retry_count AS retries, created_on AS "createdAt", start_after AS "nextAt",
      completed_on AS "endedAt", source_name AS origin
    FROM pgboss.job WHERE data->>'paymentSn' = ANY(${paymentSns}) OR data->>'orderSn' = ANY(${orderSns})
    ORDER BY created_on, name, id`
}

function jobEntries({
  id,
  name,
  state,
  number,
  version,
  retries,
  createdAt,
  nextAt,
  endedAt,
  origin,
}: JobRow): Entry[] {
  const detail = { id, name, state, version, retries, origin }
  const of = version !== null && `version ${version}`
  if (name === DEAD_LETTERS) {
    const text = sentence(`dead letter of job ${origin}`, of, state !== 'created' && state, `id ${id}`)
    return [{ at: createdAt, kind: 'job', number, text, detail }]
  }
  const tried = retries > 0 && `retry ${retries}`
  const waits = endedAt
    ? undefined
    : sentence(`now ${state}`, tried, state === 'retry' && `next ${nextAt.toISOString()}`)
  return [
    { at: createdAt, kind: 'job', number, text: sentence(`job ${name} enqueued`, of, waits), detail },
    ...(endedAt
      ? [{ at: endedAt, kind: 'job' as const, number, text: sentence(`job ${name} ${state}`, of, tried), detail }]
      : []),
  ]
}

function messageEntries({ kind, paymentSn, status, tries, note, createdAt, nextTryAt, sentAt }: Message): Entry[] {
  const detail = { messageKind: kind, status, tries, note }
  const entry = { kind: 'message' as const, number: paymentSn, detail }
  const next = status === 'PENDING' && nextTryAt && `next try ${nextTryAt.toISOString()}`
  const state = sentAt ? undefined : sentence(`now ${status}`, note, next)
  return [
    { ...entry, at: createdAt, text: sentence(`message ${kind} enqueued`, state) },
    ...(sentAt ? [{ ...entry, at: sentAt, text: `message ${kind} sent` }] : []),
  ]
}

/** For each endpoint by itself: the index of deliveries begins with it, and there are 50 at the most. */
async function readDeliveries(db: Database, paymentSns: string[]): Promise<WebhookDelivery[]> {
  const endpoints = await db.webhookEndpoint.findMany({ select: { id: true } })
  const endpointId = { in: endpoints.map(({ id }) => id) }
  const where = { endpointId, paymentSn: { in: paymentSns } }
  return db.webhookDelivery.findMany({ where, orderBy: [{ version: 'asc' }, { endpointId: 'asc' }] })
}

function deliveryEntries(delivery: WebhookDelivery): Entry[] {
  const { endpointId, paymentSn, version, status, tries, createdAt, endedAt, nextTryAt, lastAnswer } = delivery
  const detail = { endpointId, version, status, tries, lastAnswer }
  const entry = { kind: 'delivery' as const, number: paymentSn, detail }
  const about = `version ${version} to ${endpointId}`
  const tried = tries > 0 && `tries ${tries}`
  const state = endedAt ? undefined : sentence(`now ${status}`, tried, lastAnswer, `next ${nextTryAt.toISOString()}`)
  return [
    { ...entry, at: createdAt, text: sentence(`webhook of ${about} enqueued`, state) },
    ...(endedAt ? [{ ...entry, at: endedAt, text: sentence(`webhook of ${about} ${status}`, tried, lastAnswer) }] : []),
  ]
}
