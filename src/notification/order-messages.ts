import { Prisma } from '../../prisma/client/client.ts'
import type { MessageKind, MessageStatus } from '../../prisma/client/enums.ts'
import type { Deps } from '../deps.ts'
import { queryRows } from '../infra/statement.ts'
import { WORTHLESS_AFTER_SECONDS } from './record.ts'
import { findTemplate } from './template.ts'

/** Where a message to the guest of an order stands, as the guest sees it. */
export type OrderMessageStatus = 'WAITING' | 'SENT' | 'REFUSED' | 'SKIPPED'

export interface OrderMessage {
  kind: MessageKind
  status: OrderMessageStatus
  /** Set with SENT. */
  sentAt: Date | null
}

/** A message that was enqueued about a payment of an order. */
export interface EnqueuedMessage {
  kind: MessageKind
  status: MessageStatus
  sentAt: Date | null
  /** Whether it may still be sent, by its age. */
  isYoung: boolean
}

/** The messages about each of these orders of one kind, by the orders' numbers, read at once. */
export async function readEnqueued(
  { db }: Pick<Deps, 'db'>,
  serviceType: string,
  orderSns: string[],
): Promise<Map<string, EnqueuedMessage[]>> {
  const rows = await queryRows<EnqueuedMessage & { orderSn: string }>(
    db,
    Prisma.sql`
    SELECT p."orderSn", m.kind, m.status, m."sentAt",
      m."createdAt" > now() - make_interval(secs => ${WORTHLESS_AFTER_SECONDS}) AS "isYoung"
    FROM payment p JOIN message m ON m."paymentSn" = p.sn
    WHERE p."serviceType" = ${serviceType} AND p."orderSn" = ANY(${orderSns}::text[])
    ORDER BY m."createdAt", m.id`,
  )
  return Map.groupBy(rows, ({ orderSn }) => orderSn)
}

/** The first that one of several messages of a kind has: what the guest can still do something about comes first. */
const BY_URGENCY: OrderMessageStatus[] = ['REFUSED', 'WAITING', 'SENT', 'SKIPPED']

/**
 * Where the messages of one kind about an order stand: an order whose money came twice may have several.
 *
 * @param isOfUse whether the order is such that a message of this kind may still be sent.
 */
export function describeMessages(
  deps: Pick<Deps, 'config'>,
  kind: MessageKind,
  { enqueued, isOfUse }: { enqueued: EnqueuedMessage[]; isOfUse: boolean },
): OrderMessage {
  const isSendable = isOfUse && findTemplate(deps, kind) !== undefined
  const ofKind = enqueued.filter((message) => message.kind === kind)
  const statuses = ofKind.map((message) => statusOf(message, isSendable))
  if (ofKind.length === 0) statuses.push(isSendable ? 'WAITING' : 'SKIPPED')
  const status = BY_URGENCY.find((each) => statuses.includes(each)) ?? 'SKIPPED'
  const sentAt = status === 'SENT' ? (ofKind.findLast((message) => message.sentAt)?.sentAt ?? null) : null
  return { kind, status, sentAt }
}

function statusOf({ status, isYoung }: EnqueuedMessage, isSendable: boolean): OrderMessageStatus {
  if (status === 'SENT') return 'SENT'
  if (status === 'DROPPED' || !isSendable || !isYoung) return 'SKIPPED'
  return status === 'REFUSED' ? 'REFUSED' : 'WAITING'
}
