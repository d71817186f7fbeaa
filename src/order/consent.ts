import type { Deps } from '../deps.ts'
import { type InvalidField, InvalidInputError, NotFoundError } from '../errors.ts'
import { type ConsentAnswers, recordConsent } from '../notification/consent.ts'
import { fieldTexts, orderTexts } from './texts.ts'

/** Far more than WeChat asks about at once, which is five. */
const MAX_TEMPLATES = 20

/**
 * Records a guest's answer to `wx.requestSubscribeMessage` for one of their orders. Accepting sends what was refused
 * before; repeats change nothing.
 *
 * @throws {InvalidInputError} when a template is both accepted and rejected, or there are too many.
 * @throws {NotFoundError} when the order doesn't exist or is somebody else's.
 */
export async function recordMessageConsent(
  deps: Deps,
  { userId, orderSn, ...answers }: ConsentAnswers & { userId: string; orderSn: string },
): Promise<void> {
  checkAnswers(answers)
  const order = await deps.db.homestayOrder.findUnique({ where: { sn: orderSn, userId }, select: { sn: true } })
  if (!order) throw new NotFoundError(orderTexts.order)
  await recordConsent(deps, { serviceType: 'HOMESTAY_ORDER', orderSn }, answers)
}

function checkAnswers({ accepted, rejected }: ConsentAnswers): void {
  const fields: InvalidField[] = []
  if (accepted.length + rejected.length > MAX_TEMPLATES)
    fields.push({ path: 'accepted', text: fieldTexts.tooManyTemplates(MAX_TEMPLATES) })
  const acceptedIds = new Set(accepted)
  if (rejected.some((id) => acceptedIds.has(id))) fields.push({ path: 'rejected', text: fieldTexts.alsoAccepted })
  if (fields.length > 0) throw new InvalidInputError(fields)
}
