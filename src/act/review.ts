import { acceptMismatch, refundMismatch } from '../payment/review/decide.ts'
import { dismissMismatch } from '../payment/review/dismiss.ts'
import { type Decision, getMismatchFor, type ShownMismatch } from '../payment/review/list.ts'
import type { Text } from '../texts.ts'
import { WechatPayError } from '../wechat/errors.ts'
import { type Desk, logAct, type Outcome, type Wish } from './desk.ts'
import { DecidedBeforeError } from './errors.ts'
import { explainFailure } from './failure.ts'
import { type Decided, reviewTexts } from './texts.ts'

const RESOLUTIONS = { accept: 'ACCEPTED', refund: 'REFUNDED', dismiss: 'DISMISSED' } as const

/**
 * Decides about a mismatch; of one that was decided before, the first decision holds. One that WeChat doesn't let us carry out
 * now is stored, and a worker does once it answers.
 *
 * @throws {NotFoundError} when there is no such mismatch, or this can't be decided about it.
 * @throws {DecidedBeforeError} when something else holds about it.
 */
export async function decideMismatch(
  desk: Desk,
  { mismatchId, decision }: { mismatchId: string; decision: Decision },
  wish: Wish,
): Promise<Outcome> {
  const before = await getMismatchFor(desk.db, { mismatchId, decision })
  refuseOther(before, decision)
  if (wish.dryRun) return { result: { mismatch: before }, sentences: [foresee(before, decision)] }
  const deps = await desk.openDeps()
  const failure = await carryOut[decision](deps, { mismatchId, by: wish.by }).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof WechatPayError) return error
      throw error
    },
  )
  const decided = await desk.db.paymentMismatch.findUniqueOrThrow({ where: { id: mismatchId } })
  refuseOther(decided, decision)
  const { resolution } = decided
  // Then there is no decision that waits.
  if (resolution === null) throw failure ?? new Error(`mismatch ${mismatchId} is undecided`)
  const isOwn = !holds(before, decision) && decided.decidedBy === wish.by.operator
  if (isOwn) logAct(desk.log, wish, { action: `review ${decision}`, mismatchId, resolution })
  const said = isOwn ? reviewTexts.decided(mismatchId, resolution) : reviewTexts.already(decided)
  return {
    result: { mismatchId, resolution, ...(failure && { waits: true }) },
    sentences: failure ? [said, ...explainWaiting(failure)] : [said],
  }
}

/**
 * Whether something was decided about it that stays. Dismissing ends what waits: a refund that was rejected, or a decision that
 * can't be carried out any more.
 */
function holds({ resolution, resolvedAt }: Standing, decision: Decision): boolean {
  return decision === 'dismiss' ? resolvedAt !== null : resolution !== null
}

type Standing = Decided & Pick<ShownMismatch, 'resolvedAt'>

/** @throws {DecidedBeforeError} when something else than this decision holds. */
function refuseOther(mismatch: Standing, decision: Decision): void {
  if (holds(mismatch, decision) && mismatch.resolution !== RESOLUTIONS[decision]) throw new DecidedBeforeError(mismatch)
}

const carryOut: Record<Decision, (...args: Parameters<typeof dismissMismatch>) => Promise<unknown>> = {
  accept: acceptMismatch,
  refund: refundMismatch,
  dismiss: dismissMismatch,
}

function explainWaiting(failure: WechatPayError): Text[] {
  const why = explainFailure(failure)?.text
  return why ? [reviewTexts.waits, why] : [reviewTexts.waits]
}

/** What a decision would do. */
function foresee(mismatch: ShownMismatch, decision: Decision): Text {
  const { id, paymentSn, payment, reportedFen, transactionId } = mismatch
  if (holds(mismatch, decision)) return reviewTexts.already(mismatch)
  if (decision === 'dismiss') return reviewTexts.wouldDismiss(id)
  const about = {
    fen: reportedFen ?? 0,
    transactionId,
    paymentSn: paymentSn ?? '',
    orderSn: payment?.orderSn ?? '',
  }
  return decision === 'accept' ? reviewTexts.wouldAccept(about) : reviewTexts.wouldRefund(about)
}
