import pino from 'pino'
import { openDatabase } from '../../src/infra/database.ts'
import { LONG_PATIENCE } from '../harness/patience.ts'
import type { Evidence } from './evidence.ts'
import type { Stage } from './stage.ts'

/** What people, subscribers and other services have noted, and how processes fared. */
type Noted = Pick<Evidence, 'told' | 'asked' | 'streams' | 'received' | 'exits' | 'recoveries'>

/** Reads what the database and WeChat hold now, beside what was noted. */
export async function collect({ databaseUrl, settings, wechat }: Stage, noted: Noted): Promise<Evidence> {
  const db = openDatabase(databaseUrl, { poolSize: 1, patience: LONG_PATIENCE, log: pino({ level: 'silent' }) })
  try {
    const { orders, refunds, notices, messages } = await wechat.ledger()
    return {
      settledAt: Date.now(),
      orders: await db.homestayOrder.findMany(),
      payments: await db.payment.findMany({ omit: { prepayBody: true } }),
      events: await db.paymentEvent.findMany({ omit: { detail: true } }),
      refunds: await db.refund.findMany({ omit: { body: true } }),
      mismatches: await db.paymentMismatch.findMany({ omit: { content: true } }),
      messages: await db.message.findMany(),
      billDays: await db.billDay.findMany(),
      undecided: await db.billDifference.findMany({ where: { outcome: 'DECIDE' } }),
      wechat: { orders, refunds, notices, messages, templates: templatesOf(settings) },
      ...noted,
    }
  } finally {
    await db.$disconnect()
  }
}

/** A setting is an id, or `ID:part=key,…`. */
export function templatesOf(settings: Record<string, string>): Evidence['wechat']['templates'] {
  const idOf = (kind: string) => settings[`WECHAT_TEMPLATE_${kind}`]?.split(':')[0] ?? ''
  return { ORDER_PAID: idOf('ORDER_PAID'), CHECK_IN: idOf('CHECK_IN'), REFUNDED: idOf('REFUNDED') }
}
