import type { WebhookDelivery } from '../../prisma/client/client.ts'
import { WebhookDeliveryStatus } from '../../prisma/client/enums.ts'
import type { Tx } from '../infra/database.ts'
import { getEndpoint, listEndpoints, type ShownEndpoint } from './endpoint.ts'

/** An endpoint, with how many deliveries to it wait, and how many have failed. */
export type CountedEndpoint = ShownEndpoint & { deliveries: { PENDING: number; FAILED: number } }

/** All endpoints, the oldest first. */
export async function listWithCounts(db: Pick<Tx, 'webhookEndpoint' | '$queryRaw'>): Promise<CountedEndpoint[]> {
  const endpoints = await listEndpoints(db)
  const counts = await countDeliveries(db)
  return endpoints.map((each) => ({ ...each, deliveries: counts.get(each.id) ?? { PENDING: 0, FAILED: 0 } }))
}

async function countDeliveries(db: Pick<Tx, '$queryRaw'>): Promise<Map<string, CountedEndpoint['deliveries']>> {
  const counts = await db.$queryRaw<{ id: string; PENDING: number; FAILED: number }[]>`
    SELECT e.id,
      (SELECT count(*)::int FROM webhook_delivery d WHERE d."endpointId" = e.id AND d.status = 'PENDING') AS "PENDING",
      (SELECT count(*)::int FROM webhook_delivery d WHERE d."endpointId" = e.id AND d.status = 'FAILED') AS "FAILED"
    FROM webhook_endpoint e`
  return new Map(counts.map(({ id, ...count }) => [id, count]))
}

/**
 * The newest deliveries to an endpoint. Each status by itself, as the index has them: of one that is rare among millions no
 * other is read.
 *
 * @throws {NotFoundError} when there is no such endpoint.
 */
export async function listDeliveries(
  db: Pick<Tx, 'webhookEndpoint' | 'webhookDelivery'>,
  endpointId: string,
  { status, limit }: { status?: WebhookDeliveryStatus; limit: number },
): Promise<WebhookDelivery[]> {
  await getEndpoint(db, endpointId)
  const statuses = status ? [status] : Object.values(WebhookDeliveryStatus)
  const found = await Promise.all(
    statuses.map((each) =>
      db.webhookDelivery.findMany({
        where: { endpointId, status: each },
        orderBy: [{ createdAt: 'desc' }, { paymentSn: 'asc' }, { version: 'desc' }],
        take: limit,
      }),
    ),
  )
  return found.flat().toSorted(byAge).slice(0, limit)
}

/** The newest first; of those of one moment in the order of their payments, each with its last event first. */
function byAge(a: WebhookDelivery, b: WebhookDelivery): number {
  const byNumber = a.paymentSn < b.paymentSn ? -1 : Number(a.paymentSn > b.paymentSn)
  return b.createdAt.getTime() - a.createdAt.getTime() || byNumber || b.version - a.version
}
