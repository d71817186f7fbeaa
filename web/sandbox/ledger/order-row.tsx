import { instant, money } from '../../kit/figures.ts'
import { JsonView } from '../../kit/json-view.tsx'
import { ActButton } from '../acts/act-button.tsx'
import { complainAct, payAct, payLateAct, refundAct, sendAgainAct } from '../acts/money-acts.ts'
import type { Order } from '../api/types.ts'
import { More } from '../parts/more.tsx'
import { QrButton } from '../pay/qr-button.tsx'
import type { Stores } from '../stores.ts'
import { t } from '../text.ts'
import { Row } from './row.tsx'

/** An order, with what a phone, a bank or its buyer can do about it. */
export function OrderRow({ order, stores }: { order: Order; stores: Stores }) {
  const { outTradeNo, description, totalFen, state, openid, tradeType = 'JSAPI', expiresAt, payment } = order
  return (
    <Row
      number={outTradeNo}
      title={description}
      figure={money(totalFen)}
      state={{ of: state, in: 'order' }}
      facts={[
        t(`trade.${tradeType}`),
        openid !== undefined && t('payer', { openid }),
        payment && t('paidAt', { time: instant(payment.paidAt) }),
        payment !== undefined && payment.couponFen > 0 && t('coupon', { money: money(payment.couponFen) }),
        state === 'NOTPAY' && t('payableUntil', { time: instant(expiresAt) }),
        payment?.transactionId,
      ]}
      buttons={<OrderButtons order={order} stores={stores} />}
    >
      <More summary={t('request')}>{() => <JsonView name={t('request')} value={order.firstRequest} />}</More>
    </Row>
  )
}

function OrderButtons({ order, stores }: { order: Order; stores: Stores }) {
  if (order.payment) {
    return (
      <>
        <ActButton act={refundAct(order)} stores={stores} />
        <ActButton act={sendAgainAct({ subject: order.outTradeNo })} stores={stores} />
        <ActButton act={complainAct(order)} stores={stores} />
      </>
    )
  }
  return (
    <>
      {order.state === 'NOTPAY' && <ActButton kind="main" act={payAct(order)} stores={stores} />}
      {order.state === 'NOTPAY' && <QrButton outTradeNo={order.outTradeNo} />}
      <ActButton act={payLateAct(order)} stores={stores} />
    </>
  )
}
