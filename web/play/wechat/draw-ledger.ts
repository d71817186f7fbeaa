import { t } from '../text.ts'
import type { RowInput } from '../traffic/traffic.ts'
import { drawNotice } from './draw-notice.ts'
import type { Drawing } from './drawing.ts'
import type { Ledger } from './ledger.ts'

/** Draws what is new in the ledger. @returns whether WeChat still has notices to send. */
export function drawLedger(drawing: Drawing, ledger: Ledger): boolean {
  const { payments, faults, draw } = drawing
  drawOrders(drawing, ledger)
  /** What a notice may be about, with its order. */
  const subjects = new Map(payments)
  for (const refund of ledger.refunds) {
    const orderSn = payments.get(refund.outTradeNo)
    if (orderSn === undefined) continue
    subjects.set(refund.outRefundNo, orderSn)
    draw(`refund ${refund.outRefundNo}`, apiCall('refund', refund.firstRequest ?? refund, orderSn), {
      state: refund.status,
      note: refund.status,
      parts: [{ json: { refund_id: refund.refundId, status: refund.status } }],
    })
  }
  const notices = ledger.notices.filter(({ subject }) => subjects.has(subject))
  for (const notice of notices)
    drawNotice(draw, notice, { fault: faults.get(notice.subject), orderSn: subjects.get(notice.subject) })
  return notices.some(({ state }) => state === 'WAITING')
}

function drawOrders({ payments, draw }: Drawing, { orders }: Ledger): void {
  for (const { outTradeNo, state, prepayIds, firstRequest } of orders) {
    const orderSn = payments.get(outTradeNo)
    if (orderSn === undefined) continue
    draw(`prepay ${outTradeNo}`, apiCall('prepay', firstRequest, orderSn), {
      state: 'given',
      note: `prepay_id ×${prepayIds.length}`,
      parts: [{ json: { prepay_id: prepayIds.at(-1)?.prepayId } }],
    })
    if (state === 'CLOSED')
      draw(`close ${outTradeNo}`, apiCall('close', { out_trade_no: outTradeNo }, orderSn), { state, note: '204' })
  }
}

/** A call of the API, as the ledger shows it. */
function apiCall(title: string, json: unknown, orderSn: string): RowInput {
  return { orderSn, from: 'api', to: 'wechat', title, parts: [{ text: () => t('trafficLedger') }, { json }] }
}
