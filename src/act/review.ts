import { SpokenError } from '../errors.ts'
import { acceptMismatch, refundMismatch } from '../payment/review/decide.ts'
import { dismissMismatch } from '../payment/review/dismiss.ts'
import { type Decision, getMismatchFor, type ShownMismatch } from '../payment/review/list.ts'
import type { Text } from '../texts.ts'
import { WechatPayError } from '../wechat/errors.ts'
import { type Desk, logAct, type Outcome, type Wish } from './desk.ts'
import { explainFailure } from './failure.ts'
import { reviewTexts } from './texts.ts'

/** A decision that is stored, and that WeChat didn't let us carry out now: a worker does, once it answers. */
class DecisionWaitsError extends SpokenError {}

/**
 * Decides about a mismatch; of one that was decided before, the first decision holds.
 *
 * @throws {NotFoundError} when there is no such mismatch, or this can't be decided about it.
 * @throws {DecisionWaitsError}
 */
export async function decideMismatch(
  desk: Desk,
  { mismatchId, decision }: { mismatchId: string; decision: Decision },
  wish: Wish,
): Promise<Outcome> {
  const mismatch = await getMismatchFor(desk.db, { mismatchId, decision })
  if (wish.dryRun) return { result: { mismatch }, sentences: [foresee(mismatch, decision)] }
  const deps = await desk.openDeps()
  const resolution = await carryOut[decision](deps, { mismatchId, by: wish.by }).catch((error: unknown) => {
    throw error instanceof WechatPayError && decision !== 'dismiss' ? waits(error) : error
  })
  logAct(desk.log, wish, { action: `review ${decision}`, mismatchId, resolution })
  return { result: { mismatchId, resolution }, sentences: [reviewTexts.decided(mismatchId, resolution)] }
}

const carryOut = {
  accept: acceptMismatch,
  refund: refundMismatch,
  dismiss: async (...args: Parameters<typeof dismissMismatch>) => {
    await dismissMismatch(...args)
    return 'DISMISSED' as const
  },
}

function waits(error: WechatPayError): DecisionWaitsError {
  const why = explainFailure(error)?.text ?? { en: '', zh: '' }
  const { en, zh } = reviewTexts.waits
  return new DecisionWaitsError({ en: `${en}\n${why.en}`, zh: `${zh}\n${why.zh}` }, { cause: error })
}

/** What a decision would do. */
function foresee(mismatch: ShownMismatch, decision: Decision): Text {
  const { id, resolution, paymentSn, payment, reportedFen, transactionId } = mismatch
  if (resolution !== null) return reviewTexts.decidedBefore(id, resolution)
  if (decision === 'dismiss') return reviewTexts.wouldDismiss(id)
  const about = {
    fen: reportedFen ?? 0,
    transactionId,
    paymentSn: paymentSn ?? '',
    orderSn: payment?.orderSn ?? '',
  }
  return decision === 'accept' ? reviewTexts.wouldAccept(about) : reviewTexts.wouldRefund(about)
}
