import { type BankCard, retryAbnormalRefund } from '../payment/refund/advance.ts'
import { adoptRefund } from '../payment/refund/record.ts'
import { advanceNow, getAbnormal } from '../payment/refund/stuck.ts'
import { queryRefund } from '../wechat/refund.ts'
import { change, type Desk, logAct, type Outcome, type Wish } from './desk.ts'
import { adoptionTexts, refundTexts } from './texts.ts'

/** Has a refund requested or queried at once. @throws as {@link advanceNow}. */
export async function retryRefund(desk: Desk, outRefundNo: string, wish: Wish): Promise<Outcome> {
  const about = { action: 'refunds retry', number: outRefundNo }
  const refund = await change(desk, wish, about, (tx) => advanceNow(tx, outRefundNo))
  return { result: { refund }, sentences: [refundTexts.retried(outRefundNo)] }
}

/** Sends an ABNORMAL refund to another account. @throws as {@link getAbnormal}, and {@link retryAbnormalRefund}. */
export async function sendAbnormalRefund(
  desk: Desk,
  { outRefundNo, card }: { outRefundNo: string; card?: BankCard },
  wish: Wish,
): Promise<Outcome> {
  const { refundTotal, status } = await getAbnormal(desk.db, outRefundNo)
  const to = card ? refundTexts.otherCard : refundTexts.merchantCard
  if (wish.dryRun) {
    const would = refundTexts.wouldSend({ fen: refundTotal, outRefundNo, status }, to)
    return { result: { outRefundNo, status, to: to.en }, sentences: [would] }
  }
  const deps = await desk.openDeps()
  const outcome = await retryAbnormalRefund(deps, { outRefundNo, card, by: wish.by })
  logAct(desk.log, wish, { action: 'refunds abnormal', outRefundNo, outcome })
  return { result: { outRefundNo, to: to.en, outcome }, sentences: [refundTexts.sentTo(outRefundNo, to)] }
}

/** Takes a manual refund into our books; a dry run asks WeChat as well. @throws as {@link adoptRefund}. */
export async function adoptManualRefund(desk: Desk, outRefundNo: string, wish: Wish): Promise<Outcome> {
  const deps = await desk.openDeps()
  if (wish.dryRun) {
    const report = await queryRefund(deps.wechat, { outRefundNo })
    const known = await desk.db.refund.findUnique({ where: { outRefundNo }, select: { status: true } })
    const { outTradeNo, refundFen, status } = report
    return {
      result: { outRefundNo, paymentSn: outTradeNo, refundFen, status, known },
      sentences: [refundTexts.wouldAdopt(report, known?.status)],
    }
  }
  const outcome = await adoptRefund(deps, { outRefundNo, by: wish.by })
  logAct(desk.log, wish, { action: 'refunds adopt', outRefundNo, outcome })
  return { result: { outRefundNo, outcome }, sentences: [adoptionTexts[outcome](outRefundNo)] }
}
