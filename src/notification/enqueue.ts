import { randomUUIDv7 } from 'node:crypto'
import type { Payment } from '../../prisma/client/client.ts'
import type { MessageKind } from '../../prisma/client/enums.ts'
import type { Tx } from '../infra/database.ts'
import { enqueue, type Queue } from '../infra/queue.ts'
import { sendMessage } from '../jobs.ts'

type Recipient = Pick<Payment, 'sn' | 'orderSn' | 'appid' | 'openid'>

/**
 * Enqueues messages of these kinds to the payer of each payment, if and only if `tx` commits. A payment has one message of
 * each kind: a second call enqueues nothing. What they say is asked of the payment's `Payable` when they are sent.
 */
export async function enqueueMessages(
  queue: Queue,
  tx: Tx,
  payments: Recipient[],
  kinds: MessageKind[],
): Promise<void> {
  const rows = payments.flatMap((payment) => kinds.map((kind) => ({ ...payment, kind, id: randomUUIDv7() })))
  if (rows.length === 0) return
  const created = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO message (id, kind, "paymentSn", "orderSn", appid, openid)
    SELECT * FROM unnest(
      ${rows.map(({ id }) => id)}::text[],
      ${rows.map(({ kind }) => kind)}::text[]::"MessageKind"[],
      ${rows.map(({ sn }) => sn)}::text[],
      ${rows.map(({ orderSn }) => orderSn)}::text[],
      ${rows.map(({ appid }) => appid)}::text[],
      ${rows.map(({ openid }) => openid)}::text[])
    ON CONFLICT ("paymentSn", kind) DO NOTHING RETURNING id`
  const jobs = created.map(({ id }) => ({ messageId: id }))
  await enqueue(queue, tx, sendMessage, jobs)
}
