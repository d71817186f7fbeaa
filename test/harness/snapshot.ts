import type { Deps } from '../../src/deps.ts'
import { relayPayments } from '../../src/payment/outbox/relay.ts'

/** Everything the database holds about an order, without what differs from order to order: numbers, codes and times. */
export async function snapshotOf({ db }: Pick<Deps, 'db'>, orderSn: string) {
  const order = await db.homestayOrder.findUniqueOrThrow({ where: { sn: orderSn } })
  const payments = await db.payment.findMany({
    where: { orderSn },
    orderBy: { createdAt: 'asc' },
    include: { events: { orderBy: { version: 'asc' } }, refunds: { orderBy: { createdAt: 'asc' } } },
  })
  const messages = await db.message.findMany({ where: { orderSn }, orderBy: { kind: 'asc' } })
  return {
    order: order.tradeState,
    paidBy: order.paidBySn === null ? null : payments.findIndex(({ sn }) => sn === order.paidBySn),
    hasCode: order.tradeCode !== null,
    payments: payments.map((payment) => ({
      status: payment.status,
      version: payment.version,
      queuedVersion: payment.queuedVersion,
      appliedVersion: payment.appliedVersion,
      refundedTotal: payment.refundedTotal,
      marks: (['closedAt', 'underReviewAt', 'heldAt', 'prepayIdAt'] as const).filter((mark) => payment[mark] !== null),
      events: payment.events.map(({ version, fromStatus, toStatus, source }) =>
        [version, fromStatus, toStatus, source].join(' '),
      ),
      refunds: payment.refunds.map(({ cause, status, refundTotal }) => `${cause} ${status} ${refundTotal}`),
    })),
    messages: messages.map(({ kind, status, tries }) => `${kind} ${status} ${tries}`),
    jobs: await waitingJobs({ db }, [orderSn, ...payments.map(({ sn }) => sn), ...messages.map(({ id }) => id)]),
  }
}

/** The names of the queued jobs whose payload names one of these numbers. */
export async function waitingJobs({ db }: Pick<Deps, 'db'>, numbers: string[]): Promise<string[]> {
  const jobs = await db.$queryRaw<{ name: string }[]>`
    SELECT name FROM pgboss.job WHERE state = 'created'
      AND COALESCE(data->>'paymentSn', data->>'messageId', data->>'orderSn') = ANY(${numbers}) ORDER BY name`
  return jobs.map(({ name }) => name)
}

/** Enqueues a job for each payment that is NEW or STALLED. @returns how many. */
export async function enqueueNew(deps: Deps): Promise<number> {
  const due = await deps.db.$queryRaw<{ sn: string }[]>`SELECT sn FROM payment WHERE version > "queuedVersion"`
  return relayPayments(
    deps,
    due.map(({ sn }) => sn),
  )
}

/** Empties the job queue. */
export async function loseJobs({ db }: Pick<Deps, 'db'>): Promise<void> {
  await db.$executeRaw`DELETE FROM pgboss.job`
}
