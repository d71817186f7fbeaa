import './orders.css'
import type { Order } from '../api/types.ts'
import { homestayText } from '../demo-text.ts'
import { FailureOf } from '../failure.tsx'
import { stayOf } from '../stay-lines.ts'
import { t } from '../text.ts'
import { Cover } from './cover.tsx'
import type { Guest } from './guest.ts'

/** The guest's orders, newest first. */
export function OrdersScreen({ guest }: { guest: Guest }) {
  const { orders, failure } = guest.state
  return (
    <>
      <h3 class="screen-title" tabIndex={-1}>
        {t('tabOrders')}
      </h3>
      <FailureOf failure={failure} />
      {orders.length === 0 && <p class="empty">{t('noOrders')}</p>}
      <ul class="orders">
        {orders.toSorted(newestFirst).map((order) => (
          <li key={order.sn}>
            <OrderRow order={order} onChoice={() => void guest.showOrder(order)} />
          </li>
        ))}
      </ul>
    </>
  )
}

function newestFirst(one: Order, other: Order): number {
  return one.sn === other.sn ? 0 : one.payBefore < other.payBefore ? 1 : -1
}

function OrderRow({ order, onChoice }: { order: Order; onChoice: () => void }) {
  const { sn, homestayId, tradeState } = order
  return (
    <button type="button" class="order-row" id={`order-${sn}`} onClick={onChoice}>
      <Cover id={homestayId} />
      <span>
        <strong>{homestayText(order).title}</strong>
        <span class="dim">{stayOf(order)}</span>
        <span class={`state state-${tradeState}`}>{t(tradeState)}</span>
      </span>
    </button>
  )
}
