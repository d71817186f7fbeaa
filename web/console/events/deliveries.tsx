import './deliveries.css'
import { useEffect } from 'preact/hooks'
import { count, instant } from '../../kit/figures.ts'
import { Mark, type Tone } from '../../kit/parts/mark.tsx'
import { Panel } from '../../kit/parts/panel.tsx'
import type { Delivery } from '../api/types.ts'
import { NumberLink } from '../parts/number-link.tsx'
import { ViewOf } from '../parts/view-of.tsx'
import { hrefOf } from '../route.ts'
import { t } from '../text.ts'
import type { EventsView } from './events.ts'

interface DeliveriesProps {
  deliveries: EventsView['deliveries']
  /** Of the endpoint. */
  id: string
  /** Where it is, if it is still there. */
  url: string | undefined
}

/** What an endpoint was sent of late, newest first, with what it answered. */
export function Deliveries({ deliveries, id, url }: DeliveriesProps) {
  useEffect(() => void deliveries.load(id), [deliveries, id])
  return (
    <Panel
      id="deliveries"
      title={t('deliveries')}
      aside={
        <a class="button" id="deliveries-close" href={hrefOf('events')}>
          {t('close')}
        </a>
      }
    >
      <p class="number deliveries-of">{url ?? id}</p>
      <ViewOf of={deliveries}>
        {(list) => (list && list.length > 0 ? <Rows list={list} /> : <p class="empty">{t('noDeliveries')}</p>)}
      </ViewOf>
    </Panel>
  )
}

function Rows({ list }: { list: readonly Delivery[] }) {
  return (
    <ol class="deliveries" tabIndex={0} aria-label={t('deliveries')}>
      {list.map((delivery) => (
        <Row key={`${delivery.paymentSn} ${delivery.version}`} {...delivery} />
      ))}
    </ol>
  )
}

const TONES: Record<Delivery['status'], Tone> = { PENDING: 'warn', DELIVERED: 'good', FAILED: 'bad' }

function Row({ paymentSn, version, status, tries, replayed, lastAnswer, createdAt, endedAt, nextTryAt }: Delivery) {
  return (
    <li>
      <time class="dim">{instant(endedAt ?? createdAt)}</time>
      <Mark text={t(`delivery.${status}`)} tone={TONES[status]} />
      <span>
        <NumberLink of={paymentSn} /> {t('deliveryVersion', { version })}
      </span>
      <span class="dim">{t('deliveryTries', { count: count(tries) })}</span>
      {replayed && <span class="dim">{t('replayed')}</span>}
      {nextTryAt && <span class="dim">{t('nextTryAt', { at: instant(nextTryAt) })}</span>}
      {lastAnswer && (
        <span class="delivery-answer" lang="en">
          {lastAnswer}
        </span>
      )}
    </li>
  )
}
