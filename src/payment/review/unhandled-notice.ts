import type { Deps } from '../../deps.ts'
import { asJsonValue, asText } from '../../infra/database.ts'
import type { Notice } from '../../wechat/notice.ts'

/** The notice of `npm run doctor`, which has WeChat send one to see that it arrives. Nobody needs to look at it. */
const ECHO = 'SECURITY_ECHO.SUCCESS'

/** What is said of such a notice when it comes, and again while nobody has dealt with it. */
export const NOTICE_ALERT = {
  alarm: 'notice',
  message: 'notice not handled, a person must look at it',
  remedy:
    'deal with it on the merchant platform (a complaint within 24 h), then npm run admin -- review list and ' +
    'review dismiss ID',
}

/**
 * Stores a verified notice that we don't handle, once, and raises an alert: only a person can deal with it, as with a
 * guest's complaint (`COMPLAINT.CREATE`), which the merchant must answer within a day.
 */
export async function storeUnhandledNotice(deps: Deps, notice: Exclude<Notice, { kind: 'refund' }>): Promise<void> {
  const { eventType } = notice
  const [number, stored] =
    notice.kind === 'transaction'
      ? [notice.transaction.outTradeNo, { eventType, content: notice.transaction.raw }]
      : [notice.noticeId, { eventType, content: notice.content, resource: notice.resource }]
  const dismissed = eventType === ECHO ? ({ resolution: 'DISMISSED', resolvedAt: new Date() } as const) : {}
  const { count } = await deps.settleDb.paymentMismatch.createMany({
    data: [
      {
        subject: 'NOTICE',
        kind: 'EVENT_TYPE',
        source: 'NOTICE',
        number: asText(number),
        content: asJsonValue(stored),
        ...dismissed,
      },
    ],
    skipDuplicates: true,
  })
  if (count === 0 || eventType === ECHO) return
  deps.metrics.mismatches.inc({ kind: 'NOTICE' })
  const { alarm, message, remedy } = NOTICE_ALERT
  deps.log.error({ alarm, eventType, number, remedy }, message)
}
