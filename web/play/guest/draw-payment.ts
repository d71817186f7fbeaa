import { shorten } from '../../kit/format.ts'
import type { Payment } from '../api/types.ts'
import { t } from '../text.ts'
import type { Traffic } from '../traffic/traffic.ts'

export function drawPush(traffic: Traffic, orderSn: string, payment: Payment): void {
  traffic.add({
    from: 'api',
    to: 'guest',
    title: 'paymentStatusChanged',
    note: `${payment.status} v${payment.version}`,
    orderSn,
    parts: [{ json: { type: 'next', payload: { data: { paymentStatusChanged: payment } } } }],
  })
}

/** The server must have queried WeChat; nobody has seen it. */
export function drawQuery(traffic: Traffic, orderSn: string, { sn, transactionId }: Payment): void {
  const row = traffic.add({
    from: 'api',
    to: 'wechat',
    title: () => t('trafficQuery'),
    tone: 'deduced',
    orderSn,
    parts: [{ text: () => t('trafficQueryWhy') }, { code: `GET /v3/pay/transactions/out-trade-no/${sn}` }],
  })
  row.answer({ note: `SUCCESS ${shorten(transactionId ?? '', 14)}` })
}
