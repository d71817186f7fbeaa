import type { Deps } from '../deps.ts'
import { asJsonValue, asText } from '../infra/database.ts'
import type { Notice } from '../wechat/notice.ts'

/** What somebody asked WeChat to send, to see that it arrives. It is of no use to a person, whenever it comes. */
const ECHO = 'SECURITY_ECHO.SUCCESS'

/** Keeps a verified notice that we have no use for, once, so that a person can look at it. */
export async function storeStrange(deps: Deps, notice: Exclude<Notice, { kind: 'refund' }>): Promise<void> {
  const { eventType } = notice
  const [number, kept] =
    notice.kind === 'transaction'
      ? [notice.transaction.outTradeNo, { eventType, content: notice.transaction.raw }]
      : [notice.noticeId, { eventType, content: notice.content, resource: notice.resource }]
  const row = { number: asText(number), kind: 'EVENT_TYPE', source: 'NOTICE', content: asJsonValue(kept) } as const
  const dismissed = eventType === ECHO ? { resolution: 'DISMISSED', resolvedAt: new Date() } : {}
  const { count } = await deps.db.paymentMisfit.createMany({ data: [{ ...row, ...dismissed }], skipDuplicates: true })
  if (count > 0 && eventType !== ECHO)
    deps.log.warn({ eventType, number }, 'a notice of a kind that is not handled is kept')
}
