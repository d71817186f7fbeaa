import { Prisma } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import { inParallel } from '../../infra/in-parallel.ts'
import { queryRows } from '../../infra/statement.ts'
import type { SpanBatch, Step, Traced } from '../../infra/tracing/spans.ts'
import { tracing } from '../../infra/tracing.ts'
import { paymentChanged } from '../../jobs.ts'
import { APPLY, applyToOrder } from './apply-to-order.ts'

/** How many payments are applied together at most. */
export const PAYMENTS_AT_ONCE = 50

/** How many payments are applied one by one at once. Each holds a connection, of which other work needs some too. */
const SINGLES_AT_ONCE = 6

/** The span of a payment's job; inside of it is that of its application. */
const JOB: Step = {
  name: `process ${paymentChanged.name}`,
  kind: 'CONSUMER',
  attributes: {
    'messaging.system': 'pg-boss',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.destination.name': paymentChanged.name,
  },
}

/**
 * Applies payments to their orders, as their jobs ask for it: the common ones together, where their `Payable` can, and all
 * others by {@link applyToOrder}, one by one. The same number may come twice.
 *
 * @returns how each ended, in the order given. One that fails keeps none of the others back.
 */
export async function applyPayments(
  deps: Deps,
  payments: { paymentSn: string }[],
): Promise<PromiseSettledResult<void>[]> {
  const paymentSns = [...new Set(payments.map(({ paymentSn }) => paymentSn))]
  const traced = tracing?.startEach(JOB, await findTraces(deps, paymentSns))
  const applied = await applyTogether(deps, paymentSns, traced)
  const others = paymentSns.filter((sn) => !applied.has(sn))
  const applyOne = (paymentSn: string) => applyToOrder(deps, { paymentSn })
  const ends = await inParallel(others, SINGLES_AT_ONCE, (sn) => (traced ? traced.inside(sn, applyOne) : applyOne(sn)))
  traced?.end()
  const endOf = new Map(others.map((sn, index) => [sn, ends[index]]))
  return payments.map(({ paymentSn }) => endOf.get(paymentSn) ?? { status: 'fulfilled', value: undefined })
}

/** Never rejects: no payment depends on its trace. */
function findTraces({ db }: Deps, paymentSns: string[]): Promise<Traced[]> {
  const statement = Prisma.sql`SELECT sn, "traceParent" FROM payment WHERE sn = ANY(${paymentSns}::text[])`
  return queryRows<Traced>(db, statement).catch(() => [])
}

/**
 * Applies the common ones of these payments.
 *
 * @param within the spans of these payments, where they have some.
 * @returns the numbers of those that are applied.
 */
export async function applyTogether(deps: Deps, paymentSns: string[], within?: SpanBatch): Promise<Set<string>> {
  const spans = within?.startEach(APPLY)
  const applied = new Set<string>()
  for (const [serviceType, { applyMany }] of Object.entries(deps.payables)) {
    const left = paymentSns.filter((sn) => !applied.has(sn))
    if (!applyMany || left.length === 0) continue
    try {
      const done = await applyMany(deps.db, { serviceType, paymentSns: left })
      for (const sn of done) applied.add(sn)
    } catch (error) {
      // One of them may be the cause. Whether or not this was committed, the caller sees to each by itself.
      deps.log.warn(
        { err: error, serviceType, payments: left.length },
        'batch of payments failed, each is now seen to alone',
      )
    }
  }
  spans?.end(applied)
  return applied
}
