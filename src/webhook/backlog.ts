import { Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { queryRows } from '../infra/statement.ts'
import { IS_DUE } from './record.ts'

/** Of more than this, of one endpoint, nobody needs the number. */
const COUNTED_AT_MOST = 1_000

/** Measures the deliveries that are due, and for how long: those that wait for their next try aren't. */
export async function measureDeliveries({ db, metrics }: Pick<Deps, 'db' | 'metrics'>): Promise<void> {
  const [due] = await queryRows<{ count: number; seconds: number }>(
    db,
    Prisma.sql`
    SELECT count(d."nextTryAt")::int AS count,
      COALESCE(max(extract(epoch FROM now() - d."nextTryAt")), 0)::float8 AS seconds
    FROM webhook_endpoint e, LATERAL (
      SELECT d."nextTryAt" FROM webhook_delivery d WHERE d."endpointId" = e.id AND ${IS_DUE} LIMIT ${COUNTED_AT_MOST}) d
    WHERE e.enabled`,
  )
  metrics.eventsWaiting.set({ step: 'webhook' }, due?.count ?? 0)
  metrics.oldestEventSeconds.set({ step: 'webhook' }, due?.seconds ?? 0)
}
