import type { Payment } from '../../prisma/client/client.ts'
import type { MessageKind } from '../../prisma/client/enums.ts'
import type { Tx } from '../infra/database.ts'
import { enqueue, type Queue } from '../infra/queue.ts'
import { sendMessage } from '../jobs.ts'

/**
 * Records in `tx` that the payer of `payment` is owed these messages, and queues their sending. What is owed is owed
 * once: a second call queues nothing.
 */
export async function enqueueMessages(
  queue: Queue,
  tx: Tx,
  { sn: paymentSn, orderSn, appid, openid }: Payment,
  kinds: MessageKind[],
): Promise<void> {
  const owed = await tx.message.createManyAndReturn({
    data: kinds.map((kind) => ({ kind, paymentSn, orderSn, appid, openid })),
    select: { id: true },
    skipDuplicates: true,
  })
  await enqueue(
    queue,
    tx,
    sendMessage,
    owed.map(({ id }) => ({ messageId: id })),
  )
}
