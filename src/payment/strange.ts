import type { Deps } from '../deps.ts'
import { asJsonValue, asText, type Database } from '../infra/database.ts'
import type { Notice } from '../wechat/notice.ts'

/** Keeps a verified notice that we have no use for, once, so that a person can look at it. */
export async function storeStrange(deps: Deps, notice: Exclude<Notice, { kind: 'refund' }>): Promise<void> {
  const { eventType } = notice
  const [number, kept] =
    notice.kind === 'transaction'
      ? [notice.transaction.outTradeNo, { eventType, content: notice.transaction.raw }]
      : [notice.noticeId, { eventType, content: notice.content, resource: notice.resource }]
  const row = { number: asText(number), kind: 'EVENT_TYPE', source: 'NOTICE', content: asJsonValue(kept) } as const
  const { count } = await deps.db.paymentMisfit.createMany({ data: [row], skipDuplicates: true })
  if (count > 0) deps.log.warn({ eventType, number }, 'a notice of a kind that is not handled is kept')
}

/** The notice was expected after all: nobody needs to look at it. */
export async function dismissStrange(db: Database, id: string): Promise<void> {
  await db.paymentMisfit.updateMany({
    where: { id, resolution: null },
    data: { resolution: 'DISMISSED', resolvedAt: new Date() },
  })
}
