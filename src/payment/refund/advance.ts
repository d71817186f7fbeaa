import type { Refund } from '../../../prisma/client/client.ts'
import type { Deps } from '../../deps.ts'
import { InvalidInputError } from '../../errors.ts'
import { databaseNow } from '../../infra/database.ts'
import { DUE_BY } from '../../infra/due.ts'
import { createRate } from '../../infra/rate.ts'
import { type By, recordAct } from '../../operator/act.ts'
import { WechatPayError } from '../../wechat/errors.ts'
import { applyAbnormalRefund, queryRefund, requestRefund } from '../../wechat/refund.ts'
import { encryptForWechat } from '../../wechat/security-echo.ts'
import { createPacedRun, NOT_CALLED } from '../paced-run.ts'
import { paymentRemedies } from '../remedies.ts'
import { LIVE_REFUNDS } from '../state.ts'
import { paymentTexts } from '../texts.ts'
import { type RefundOutcome, recordRefund } from './record.ts'
import { getRefund } from './stuck.ts'
import { isYearOver } from './year.ts'

/** WeChat's limits: 150 requests a second, but only 6 that it refuses. */
const REFUNDS_PER_SECOND = 5

/** The pause after the first try, in seconds; doubled with every try, up to an hour. */
const FIRST_PAUSE_SECONDS = 5
const LONGEST_PAUSE_SECONDS = 3_600

/**
 * One run of the refund loop, which advances live refunds: it requests those that WeChat hasn't accepted yet, always
 * with the stored body, and queries the others. One after the other, since WeChat wants no two refunds of one guest at
 * once. It never gives up, it only slows down.
 */
export function createRefundLoop(deps: Deps): (stopping?: AbortSignal) => Promise<boolean> {
  const rate = createRate(REFUNDS_PER_SECOND)
  return createPacedRun<Refund>({
    atOnce: 1,
    claim: async (atMost) => {
      const allowed = rate.allows(atMost)
      const items = allowed === 0 ? [] : await claimDue(deps, allowed)
      rate.count(items.length)
      return { items, isLimited: false }
    },
    work: (refund) => advanceRefund(deps, refund),
  })
}

/** Another bank card of the guest's: WeChat's short name of the bank, the number, and the name on it. */
export interface BankCard {
  bankType: string
  account: string
  realName: string
}

/**
 * An operator sends an ABNORMAL refund, which the guest's closed card or account can't receive, to another account.
 *
 * @param input.card where the money goes; without one it goes to the merchant's card, and the merchant pays the guest.
 * @throws {NotFoundError}
 * @throws {InvalidInputError} while WeChat hasn't accepted it.
 * @throws {WechatPayError} when WeChat refuses it.
 */
export async function retryAbnormalRefund(
  deps: Deps,
  { outRefundNo, card, by }: { outRefundNo: string; card?: BankCard; by?: By },
): Promise<RefundOutcome> {
  const { refundId } = await getRefund(deps.db, outRefundNo)
  if (!refundId) throw new InvalidInputError([{ path: outRefundNo, text: paymentTexts.notAccepted }])
  const receiver = receiverOf(deps, card)
  // Before the call, of which no answer may come.
  if (by) {
    const act = { by, action: 'refunds abnormal', number: outRefundNo, detail: { to: receiver.type } }
    await recordAct(deps.db, act)
  }
  const report = await applyAbnormalRefund(deps.wechat, { outRefundNo, refundId, ...receiver })
  return recordRefund(deps, { report, source: 'OPERATOR', by })
}

function receiverOf({ wechat }: Deps, card: BankCard | undefined) {
  if (!card) return { type: 'MERCHANT_BANK_CARD' as const }
  const [bankAccount, realName] = [card.account, card.realName].map((text) => encryptForWechat(wechat, text))
  if (!bankAccount || !realName)
    throw new Error('No key of WeChat Pay is known yet to encrypt the card with: try again')
  return { type: 'USER_BANK_CARD' as const, bankType: card.bankType, bankAccount, realName }
}

async function claimDue(deps: Deps, atMost: number): Promise<Refund[]> {
  const claimed = await deps.db.$queryRaw<{ outRefundNo: string }[]>`
    WITH due AS MATERIALIZED (
      SELECT "outRefundNo" FROM refund WHERE "nextAdvanceAt" <= ${DUE_BY}
      ORDER BY "nextAdvanceAt" LIMIT ${atMost} FOR UPDATE SKIP LOCKED
    )
    UPDATE refund r SET "advanceCount" = r."advanceCount" + 1,
      "nextAdvanceAt" = now() + make_interval(secs =>
        LEAST(${FIRST_PAUSE_SECONDS} * power(2, LEAST(r."advanceCount", 20)), ${LONGEST_PAUSE_SECONDS}))
    WHERE "outRefundNo" = ANY(ARRAY(SELECT "outRefundNo" FROM due)) RETURNING r."outRefundNo"`
  return deps.db.refund.findMany({ where: { outRefundNo: { in: claimed.map((row) => row.outRefundNo) } } })
}

/** @returns what the paced run counts. */
async function advanceRefund(deps: Deps, refund: Refund): Promise<unknown> {
  const { outRefundNo } = refund
  try {
    const report =
      refund.status === 'REQUESTED' && refund.body !== null
        ? await requestOrQuery(deps, refund, refund.body)
        : await queryRefund(deps.wechat, { outRefundNo })
    await recordRefund(deps, { report, source: refund.status === 'REQUESTED' ? 'REFUND' : 'QUERY' })
    return undefined
  } catch (error) {
    if (!(error instanceof WechatPayError)) {
      deps.log.error({ err: error, outRefundNo }, 'refund not advanced')
      return NOT_CALLED
    }
    const needsOperator = error.action === 'give-up' || error.action === 'fix-configuration'
    const isOver = needsOperator && (await isTooOld(deps, refund))
    const hint = isOver ? `; it ${paymentTexts.refundYearOver.en}` : ''
    const remedy = isOver ? paymentRemedies.refundTooOld : paymentRemedies.refund
    const fields = { err: error, outRefundNo, ...(needsOperator ? { alarm: 'refund', remedy } : {}) }
    deps.log[needsOperator ? 'error' : 'warn'](fields, `refund not accepted by WeChat, trying again${hint}`)
    await deps.db.refund.updateMany({
      where: { outRefundNo, status: { in: LIVE_REFUNDS } },
      data: { lastAnswer: `${error.message}${hint}` },
    })
    return error
  }
}

/** Whether WeChat takes no refund of its payment any more. */
async function isTooOld({ db }: Deps, { paymentSn, status }: Refund): Promise<boolean> {
  const { paidAt } = await db.payment.findUniqueOrThrow({ where: { sn: paymentSn } })
  return status === 'REQUESTED' && isYearOver(paidAt, await databaseNow(db))
}

/**
 * Requests a refund; when WeChat refuses a repeat, queries it: the refusal may only mean that an earlier request, whose
 * answer was lost, was accepted.
 *
 * @throws the refusal, when WeChat doesn't know the refund.
 */
async function requestOrQuery(deps: Deps, { outRefundNo, advanceCount }: Refund, body: string) {
  try {
    return await requestRefund(deps.wechat, body)
  } catch (error) {
    const refused = error instanceof WechatPayError && !error.outcomeUnknown && error.action !== 'repeat'
    if (!refused || advanceCount <= 1) throw error
    return queryRefund(deps.wechat, { outRefundNo }).catch(() => {
      throw error
    })
  }
}
