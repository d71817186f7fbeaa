import type { Deps } from '../deps.ts'
import type { SignatureFault } from '../wechat/errors.ts'
import { knownRemedyOf } from '../wechat/remedies.ts'

const LOG_EVERY_MS = 1_000

/** A refused notice: why, and the id of the request for WeChat's support. */
export interface RefusedNotice {
  reason: SignatureFault
  wechatRequestId: string | undefined
}

/**
 * Counts forged and stale notices, and logs them: the first at once, then once a second with the `count` of each reason
 * since the last line, and what to do about the most frequent one. Whoever floods us with them must not flood the log.
 */
export function createRefusedNotices(deps: Pick<Deps, 'log' | 'metrics'>): (notice: RefusedNotice) => void {
  let reasons: Partial<Record<SignatureFault, number>> = {}
  let latestRequestId: string | undefined
  let pause: NodeJS.Timeout | undefined
  const logCount = () => {
    pause = undefined
    const count = Object.values(reasons).reduce((sum, each) => sum + each, 0)
    if (count === 0) return
    const [[reason] = ['']] = Object.entries(reasons).toSorted(([, one], [, other]) => other - one)
    const fields = { count, reasons, remedy: knownRemedyOf(reason), wechatRequestId: latestRequestId }
    deps.log.warn(fields, 'notice refused: its signature could not be verified')
    reasons = {}
    // The process needn't stay for it.
    pause = setTimeout(logCount, LOG_EVERY_MS).unref()
  }
  return ({ reason, wechatRequestId }) => {
    deps.metrics.noticesRefused.inc({ reason })
    reasons[reason] = (reasons[reason] ?? 0) + 1
    latestRequestId = wechatRequestId
    if (!pause) logCount()
  }
}
