import { instant, money } from '../../kit/figures.ts'
import { ActButton } from '../acts/act-button.tsx'
import { endRefundActs, retryRefundAct, sendAgainAct } from '../acts/money-acts.ts'
import type { Refund } from '../api/types.ts'
import type { Stores } from '../stores.ts'
import { t } from '../text.ts'
import { Row } from './row.tsx'

/** A refund, with the ways in which it can end. */
export function RefundRow({ refund, stores }: { refund: Refund; stores: Stores }) {
  const { outRefundNo, outTradeNo, refundFen, status, createdAt, end, firstRequest } = refund
  return (
    <Row
      number={outRefundNo}
      title={t('ofOrder', { number: outTradeNo })}
      figure={money(refundFen)}
      state={{ of: status, in: 'other' }}
      facts={[
        instant(createdAt),
        firstRequest === undefined && t('manualRefund'),
        status === 'PROCESSING' && (end ? t('endsAs', { end: end.status, time: instant(end.at) }) : t('staysAsIs')),
        refund.refundId,
      ]}
      buttons={<RefundButtons refund={refund} stores={stores} />}
    />
  )
}

function RefundButtons({ refund, stores }: { refund: Refund; stores: Stores }) {
  switch (refund.status) {
    case 'PROCESSING':
      return endRefundActs(refund).map((act) => <ActButton key={act.title} act={act} stores={stores} />)
    case 'ABNORMAL':
      return <ActButton act={retryRefundAct(refund)} stores={stores} />
    case 'SUCCESS':
    case 'CLOSED':
      return <ActButton act={sendAgainAct({ subject: refund.outRefundNo })} stores={stores} />
  }
}
