import { type Payment, Prisma } from '../../prisma/client/client.ts'
import type { MessageKind } from '../../prisma/client/enums.ts'
import type { Deps } from '../deps.ts'
import { queryRows } from '../infra/statement.ts'
import { PAYMENT_COLUMNS } from '../payment/columns.ts'
import { type MessageVerdict, payableOf } from '../payment/payable.ts'
import { WORTHLESS_AFTER_SECONDS } from './record.ts'
import { findTemplates } from './template.ts'

/** A message that waits to be sent, with the payment that it is about, as it is now. */
export interface PendingMessage {
  id: string
  kind: MessageKind
  openid: string
  note: string | null
  /** Whether it is still worth sending, by the database's clock. */
  isYoung: boolean
  /** How often the guest had accepted since it became due: a refusal counts only while nothing was accepted after this. */
  consents: number
  /** The guest's last answer for its template; null without one. */
  isAccepted: boolean | null
  payment: Payment
}

interface PendingRow extends Payment {
  messageId: string
  messageKind: MessageKind
  messageOpenid: string
  messageNote: string | null
  isYoung: boolean
  consents: number
  isAccepted: boolean | null
}

/** Those of the messages that wait to be sent, read at once. */
export async function readPending(
  { db, config }: Pick<Deps, 'db' | 'config'>,
  ids: string[],
): Promise<PendingMessage[]> {
  const templates = findTemplates({ config })
  const rows = await queryRows<PendingRow>(
    db,
    Prisma.sql`
    SELECT m.id AS "messageId", m.kind AS "messageKind", m.openid AS "messageOpenid", m.note AS "messageNote",
      m."createdAt" > now() - make_interval(secs => ${WORTHLESS_AFTER_SECONDS}) AS "isYoung", m.consents, ${PAYMENT_COLUMNS}, (
        SELECT c."isAccepted" FROM message_consent c
        WHERE c."orderSn" = p."orderSn" AND c."serviceType" = p."serviceType" AND c."templateId" =
          (${templates.map(({ templateId }) => templateId)}::text[])[
            array_position(${templates.map(({ kind }) => kind)}::text[], m.kind::text)]) AS "isAccepted"
    FROM message m JOIN payment p ON p.sn = m."paymentSn" WHERE m.id = ANY(${ids}::text[]) AND m.status = 'PENDING'`,
  )
  return rows.map(
    ({
      messageId: id,
      messageKind: kind,
      messageOpenid: openid,
      messageNote: note,
      isYoung,
      consents,
      isAccepted,
      ...payment
    }) => ({ id, kind, openid, note, isYoung, consents, isAccepted, payment }),
  )
}

interface JudgedMessage {
  message: PendingMessage
  /** Rejected when judging this one failed. */
  judged: PromiseSettledResult<MessageVerdict>
}

/** Judges messages by the `Payable` of each: those of one kind of order at once. */
export async function judgePending(deps: Deps, messages: PendingMessage[]): Promise<JudgedMessage[]> {
  const kinds = Map.groupBy(messages, ({ payment }) => payment.serviceType)
  const judged = [...kinds].map(([serviceType, ofKind]) => judgeTogether(deps, serviceType, ofKind))
  return (await Promise.all(judged)).flat()
}

async function judgeTogether(deps: Deps, serviceType: string, messages: PendingMessage[]): Promise<JudgedMessage[]> {
  try {
    const verdicts = await payableOf(deps, serviceType).judgeMessages(deps.db, messages)
    return messages.map((message, index) => ({ message, judged: asJudged(verdicts[index]) }))
  } catch (reason) {
    const [message] = messages
    if (messages.length === 1 && message) return [{ message, judged: { status: 'rejected', reason } }]
    // One of them may be the cause.
    return (await Promise.all(messages.map((each) => judgeTogether(deps, serviceType, [each])))).flat()
  }
}

function asJudged(verdict: MessageVerdict | undefined): PromiseSettledResult<MessageVerdict> {
  if (verdict) return { status: 'fulfilled', value: verdict }
  return { status: 'rejected', reason: new Error('a message was given no verdict') }
}
