import type { Payment } from '../../prisma/client/client.ts'
import type { TestApp } from './app.ts'
import type { Tapped } from './fixtures.ts'

/** So many orders as this one, each over nights of its own, and their attempts, whose numbers rise. */
export async function copyTapped({ deps }: TestApp, { order, payment }: Tapped, count: number): Promise<Payment[]> {
  const { db } = deps
  await db.$executeRaw`
    INSERT INTO homestay_order SELECT (jsonb_populate_record(o, jsonb_build_object('sn', 'HO-copy-' || 1000 + n,
      'liveStartDate', o."liveStartDate" + n, 'liveEndDate', o."liveEndDate" + n))).*
    FROM homestay_order o, generate_series(1, ${count}::int) n WHERE o.sn = ${order.sn}`
  await db.$executeRaw`
    INSERT INTO payment SELECT (jsonb_populate_record(p, jsonb_build_object('sn', 'PA-copy-' || 1000 + n,
      'orderSn', 'HO-copy-' || 1000 + n))).*
    FROM payment p, generate_series(1, ${count}::int) n WHERE p.sn = ${payment.sn}`
  return db.payment.findMany({ where: { sn: { startsWith: 'PA-copy-' } }, orderBy: { sn: 'asc' } })
}
