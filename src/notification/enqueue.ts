import crypto from 'node:crypto'
import { type Payment, Prisma } from '../../prisma/client/client.ts'
import type { MessageKind } from '../../prisma/client/enums.ts'
import type { Tx } from '../infra/database.ts'

type Recipient = Pick<Payment, 'sn' | 'orderSn' | 'appid' | 'openid'>

/**
 * Enqueues messages of these kinds to the payer of each payment, if and only if `tx` commits: their rows are the queue of
 * the message loop. A payment has one message of each kind: a second call enqueues nothing. What they say is asked of the
 * payment's `Payable` when they are sent.
 */
export async function enqueueMessages(tx: Tx, payments: Recipient[], kinds: MessageKind[]): Promise<void> {
  const paymentSns = payments.map(({ sn }) => sn)
  await tx.$executeRaw`
    WITH applied AS (
      SELECT * FROM unnest(
        ${paymentSns}::text[],
        ${payments.map(({ orderSn }) => orderSn)}::text[],
        ${payments.map(({ appid }) => appid)}::text[],
        ${payments.map(({ openid }) => openid)}::text[]) AS applied (sn, "orderSn", appid, openid)
    )
    ${insertMessages(paymentSns, kinds)}`
}

/** SQL: an INSERT that does the same for those of these payments that are in the CTE `applied`. */
export function insertMessages(paymentSns: string[], kinds: MessageKind[]): Prisma.Sql {
  const messages = paymentSns.flatMap((sn) => kinds.map((kind) => ({ sn, kind, id: crypto.randomUUIDv7() })))
  return Prisma.sql`
    INSERT INTO message (id, kind, "paymentSn", "orderSn", appid, openid)
    SELECT m.id, m.kind, applied.sn, applied."orderSn", applied.appid, applied.openid
    FROM applied JOIN unnest(
      ${messages.map(({ sn }) => sn)}::text[],
      ${messages.map(({ kind }) => kind)}::text[]::"MessageKind"[],
      ${messages.map(({ id }) => id)}::text[]) AS m (sn, kind, id) ON m.sn = applied.sn
    ON CONFLICT ("paymentSn", kind) DO NOTHING`
}
