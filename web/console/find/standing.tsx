import './standing.css'
import { money } from '../../kit/figures.ts'
import { Mark } from '../../kit/parts/mark.tsx'
import { Panel } from '../../kit/parts/panel.tsx'
import { ActButton, type By } from '../acts/act-button.tsx'
import { RefundActs } from '../acts/refund-acts.tsx'
import type { Timeline } from '../api/types.ts'
import { NumberLink } from '../parts/number-link.tsx'
import { Status } from '../parts/status.tsx'
import { t } from '../text.ts'

interface StandingProps {
  timeline: Timeline
  by: By
  onDone: () => void
}

/** Where the order, its payments and its refunds stand now. */
export function Standing({ timeline: { orders, payments, refunds }, by, onDone }: StandingProps) {
  const shared = { by, onDone }
  return (
    <div class="standing">
      {orders.map((order) => (
        <OrderStanding key={order.sn} order={order} {...shared} />
      ))}
      {payments.map((payment) => (
        <PaymentStanding key={payment.sn} payment={payment} {...shared} />
      ))}
      {refunds.map((refund) => (
        <RefundStanding key={refund.outRefundNo} refund={refund} {...shared} />
      ))}
    </div>
  )
}

type OrderProps = Omit<StandingProps, 'timeline'> & { order: Timeline['orders'][number] }

function OrderStanding({ order: { sn, tradeState, totalFen, awaitsShipping }, by, onDone }: OrderProps) {
  return (
    <Panel title={t('order')} aside={<Status of={tradeState} />}>
      <p>
        <NumberLink of={sn} />
      </p>
      <p class="standing-money">{money(totalFen)}</p>
      {awaitsShipping && (
        <>
          <p class="row-buttons">
            <Mark text={t('awaitsShipping')} tone="warn" />
          </p>
          <p class="row-buttons">
            <ActButton act="orderShip" values={{ number: sn }} about={sn} by={by} onDone={onDone} />
          </p>
        </>
      )}
    </Panel>
  )
}

type PaymentProps = Omit<StandingProps, 'timeline'> & { payment: Timeline['payments'][number] }

function PaymentStanding({ payment, by, onDone }: PaymentProps) {
  const { sn, orderSn, status, payTotalFen, paidTotalFen, refundedTotalFen, transactionId } = payment
  return (
    <Panel title={t('payment')} aside={<Status of={status} />}>
      <p>
        <NumberLink of={sn} />
      </p>
      <p class="standing-money">{money(paidTotalFen ?? payTotalFen)}</p>
      {refundedTotalFen > 0 && <p>{t('refundedOf', { money: money(refundedTotalFen) })}</p>}
      {transactionId && (
        <p class="dim">
          {t('transaction')} <NumberLink of={transactionId} />
        </p>
      )}
      <p class="row-buttons">
        {payment.isUnderReview && <Mark text={t('underReview')} tone="bad" />}
        {payment.isOnHold && <Mark text={t('onHold')} tone="bad" />}
        {!payment.isApplied && <Mark text={t('notApplied')} tone="warn" />}
      </p>
      {!payment.isApplied && (
        <p class="row-buttons">
          <ActButton act="orderApply" values={{ number: orderSn }} about={orderSn} by={by} onDone={onDone} />
        </p>
      )}
    </Panel>
  )
}

type RefundProps = Omit<StandingProps, 'timeline'> & { refund: Timeline['refunds'][number] }

function RefundStanding({ refund: { outRefundNo, status, refundTotalFen }, by, onDone }: RefundProps) {
  const isLive = status !== 'SUCCESS' && status !== 'CLOSED'
  return (
    <Panel title={t('refund')} aside={<Status of={status} />}>
      <p>
        <NumberLink of={outRefundNo} />
      </p>
      <p class="standing-money">{money(refundTotalFen)}</p>
      {isLive && (
        <p class="row-buttons">
          <RefundActs outRefundNo={outRefundNo} status={status} by={by} onDone={onDone} />
        </p>
      )}
    </Panel>
  )
}
