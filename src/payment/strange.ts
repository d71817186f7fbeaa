import type { Deps } from '../deps.ts'
import { asJsonValue, asText } from '../infra/database.ts'
import type { Notice } from '../wechat/notice.ts'

/** Keeps a verified notice that we have no use for, once, so that a person can look at it. */
export async function storeStrange(deps: Deps, notice: Exclude<Notice, { kind: 'refund' }>): Promise<void> {
  const content = notice.kind === 'transaction' ? notice.transaction.raw : notice.content
  const number = notice.kind === 'transaction' ? notice.transaction.outTradeNo : notice.noticeId
  const row = { number: asText(number), kind: 'EVENT_TYPE', source: 'NOTICE', content: asJsonValue(content) } as const
  const { count } = await deps.db.paymentMisfit.createMany({ data: [row], skipDuplicates: true })
  if (count > 0)
    deps.log.warn({ eventType: notice.eventType, number }, 'a notice of a kind that is not handled is kept')
}
