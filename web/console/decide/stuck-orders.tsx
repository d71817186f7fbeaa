import { instant } from '../../kit/figures.ts'
import { Panel } from '../../kit/parts/panel.tsx'
import { ActButton, type By } from '../acts/act-button.tsx'
import type { Waiting } from '../api/types.ts'
import { NumberLink } from '../parts/number-link.tsx'
import { t } from '../text.ts'
import { Case } from './case.tsx'

interface StuckOrdersProps {
  orders: Waiting['stuckOrders']
  by: By
  onDone: () => void
}

const acts = { APPLY: 'orderApply', CLOSE: 'orderClose', SHIP: 'orderShip' } as const

/** Orders that don't go on by themselves, each with what it needs. */
export function StuckOrders({ orders, by, onDone }: StuckOrdersProps) {
  return (
    <Panel id="stuck-orders" title={t('waiting.stuckOrders')} count={orders.length}>
      {orders.length === 0 && <p class="empty">{t('noStuckOrders')}</p>}
      <ul>
        {orders.map(({ sn, needs, since, paymentSn }) => (
          <Case
            key={`${needs} ${sn}`}
            head={
              <>
                <b>{t(`needs.${needs}`)}</b>
                <time class="dim">{instant(since)}</time>
              </>
            }
            facts={[
              [t('order'), <NumberLink of={sn} />],
              [t('payment'), paymentSn && <NumberLink of={paymentSn} />],
            ]}
          >
            <ActButton act={acts[needs]} values={{ number: sn }} about={sn} by={by} onDone={onDone} />
          </Case>
        ))}
      </ul>
    </Panel>
  )
}
