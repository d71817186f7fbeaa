import './pay-view.css'
import { useMemo } from 'preact/hooks'
import { money } from '../../kit/figures.ts'
import { ActForm } from '../acts/act-form.tsx'
import { payAct, payLateAct } from '../acts/money-acts.ts'
import type { Changed } from '../acts/run-act.ts'
import { call } from '../api/call.ts'
import type { Order } from '../api/types.ts'
import { openWatch } from '../live/watch.ts'
import { ViewOf } from '../parts/view-of.tsx'
import { hrefOf } from '../route.ts'
import type { Stores } from '../stores.ts'
import { t } from '../text.ts'

/** An address without a number mentions every order. */
const NEWEST = 1000

interface PayViewProps {
  stores: Stores
  outTradeNo: string
}

/** What a phone shows that has scanned an order's code. */
export function PayView({ stores: { done }, outTradeNo }: PayViewProps) {
  const watch = useMemo(
    () => openWatch(() => call('GET /sandbox/ledger', { newest: NEWEST, mentions: outTradeNo })),
    [outTradeNo],
  )
  return (
    <div class="pay">
      <h1 class="pay-title" id="view-title" tabIndex={-1}>
        {t('payTitle')}
      </h1>
      <ViewOf of={watch}>
        {({ orders }) => {
          const order = orders.find((each) => each.outTradeNo === outTradeNo)
          if (!order) return <p class="failure">{t('noSuchOrder', { number: outTradeNo })}</p>
          return <Sheet key={outTradeNo} order={order} stores={{ ledger: watch, done }} />
        }}
      </ViewOf>
      <a href={hrefOf('ledger')}>{t('toLedger')}</a>
    </div>
  )
}

function Sheet({ order, stores }: { order: Order; stores: Changed }) {
  const { outTradeNo, description, totalFen, openid, payment, state } = order
  return (
    <>
      <p class="pay-what">{description}</p>
      <p class="pay-amount">{money(totalFen)}</p>
      <p class="pay-number number">{outTradeNo}</p>
      {openid !== undefined && <p class="pay-number dim">{t('payer', { openid })}</p>}
      {payment ? (
        <p class="pay-done" id="paid" role="status">
          <b>{t('orderPaid')}</b> <span class="number">{payment.transactionId}</span>
        </p>
      ) : (
        <>
          {state === 'CLOSED' && <p class="aside">{t('orderClosed')}</p>}
          <ActForm id="pay" act={state === 'CLOSED' ? payLateAct(order) : payAct(order)} stores={stores} />
        </>
      )}
    </>
  )
}
