import { Prisma } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { countChanged } from '../infra/statement.ts'
import type { OrderKey } from '../payment/payable.ts'
import { WORTHLESS_AFTER_SECONDS } from './record.ts'
import { findTemplates } from './template.ts'

/** What a guest answered when WeChat asked for consent: ids of templates. */
export interface ConsentAnswers {
  accepted: string[]
  rejected: string[]
}

/**
 * Records what the guest of an order answered for each template, the last answer over earlier ones, and makes the refused
 * messages due whose template is accepted now, if they became due within the last day: in one statement, so that neither
 * is ever without the other. It is a hint: whether a message may be sent, WeChat knows alone. Templates that aren't
 * configured are ignored.
 */
export async function recordConsent(
  deps: Deps,
  order: OrderKey,
  { accepted, rejected }: ConsentAnswers,
): Promise<void> {
  const templates = findTemplates(deps)
  const answered = [...new Set(templates.map(({ templateId }) => templateId))]
    .filter((id) => accepted.includes(id) || rejected.includes(id))
    .toSorted()
  if (answered.length === 0) return
  const acceptedIds = answered.filter((id) => accepted.includes(id))
  const acceptedKinds = templates.filter(({ templateId }) => accepted.includes(templateId)).map(({ kind }) => kind)
  await countChanged(
    deps.db,
    Prisma.sql`
    WITH answered AS (
      INSERT INTO message_consent ("orderSn", "serviceType", "templateId", "isAccepted")
      SELECT ${order.orderSn}, ${order.serviceType}, a.id, a."isAccepted"
      FROM unnest(${answered}::text[], ${answered.map((id) => accepted.includes(id))}::boolean[]) AS a (id, "isAccepted")
      ON CONFLICT ("orderSn", "serviceType", "templateId")
        DO UPDATE SET "isAccepted" = EXCLUDED."isAccepted", "answeredAt" = EXCLUDED."answeredAt"
      RETURNING 1
    )
    UPDATE message m SET consents = m.consents + 1, status = 'PENDING',
      tries = CASE WHEN m.status = 'PENDING' THEN m.tries ELSE 0 END,
      "nextTryAt" = CASE WHEN m.status = 'PENDING' THEN m."nextTryAt" ELSE now() END,
      note = CASE WHEN m.status = 'PENDING' THEN m.note END
    FROM payment p
    WHERE p."serviceType" = ${order.serviceType} AND p."orderSn" = ${order.orderSn} AND m."paymentSn" = p.sn
      AND m.kind = ANY(${acceptedKinds}::text[]::"MessageKind"[]) AND m.status IN ('PENDING', 'REFUSED')
      AND m."createdAt" > now() - make_interval(secs => ${WORTHLESS_AFTER_SECONDS})
      -- First the answers, whose locks keep two devices of one guest apart.
      AND (SELECT count(*) FROM answered) > 0`,
  )
  deps.metrics.messageConsents.inc({ answer: 'accepted' }, acceptedIds.length)
  deps.metrics.messageConsents.inc({ answer: 'rejected' }, answered.length - acceptedIds.length)
}
