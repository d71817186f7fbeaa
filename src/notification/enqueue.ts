import type { Payment } from '../../prisma/client/client.ts'
import type { MessageKind } from '../../prisma/client/enums.ts'
import type { Tx } from '../infra/database.ts'
import { enqueue, type Queue } from '../infra/queue.ts'
import { sendMessage } from '../jobs.ts'

/**
 * Enqueues messages to the payer of `payment`, if and only if `tx` commits. A payment has one message of each kind: a
 * second call enqueues nothing. What they say is asked of the payment's `Payable` when they are sent.
 */
export async function enqueueMessages(
  queue: Queue,
  tx: Tx,
  { sn: paymentSn, orderSn, appid, openid }: Payment,
  kinds: MessageKind[],
): Promise<void> {
  const created = await tx.message.createManyAndReturn({
    data: kinds.map((kind) => ({ kind, paymentSn, orderSn, appid, openid })),
    select: { id: true },
    skipDuplicates: true,
  })
  await enqueue(
    queue,
    tx,
    sendMessage,
    created.map(({ id }) => ({ messageId: id })),
  )
}
