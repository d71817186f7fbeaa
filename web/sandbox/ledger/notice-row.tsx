import './notice-row.css'
import { instant } from '../../kit/figures.ts'
import { JsonView } from '../../kit/json-view.tsx'
import { Mark } from '../../kit/parts/mark.tsx'
import { ActButton } from '../acts/act-button.tsx'
import { sendAgainAct } from '../acts/money-acts.ts'
import type { Delivery, Notice } from '../api/types.ts'
import { More } from '../parts/more.tsx'
import type { Stores } from '../stores.ts'
import { t } from '../text.ts'
import { Row } from './row.tsx'

const ANSWERED_WELL = [200, 204]

/** A notice, what became of each delivery, and when the next one is due. */
export function NoticeRow({ notice, stores }: { notice: Notice; stores: Stores }) {
  const { noticeId, eventType, subject, state, deliveries = [], nextAttemptAt, url } = notice
  return (
    <Row
      number={subject}
      title={eventType}
      state={{ of: state, in: 'other' }}
      facts={[
        url === '' ? t('noUrl') : url,
        deliveries.length === 0 && t('notSent'),
        state === 'WAITING' && t('nextDelivery', { time: instant(nextAttemptAt) }),
        noticeId,
      ]}
      buttons={<ActButton act={sendAgainAct(notice)} stores={stores} />}
    >
      {deliveries.length > 0 && (
        <ol class="deliveries">
          {deliveries.map((delivery, index) => (
            <li key={`${index} ${delivery.at}`}>
              <span class="dim">{t('delivery', { number: index + 1 })}</span> {instant(delivery.at)}{' '}
              <Mark text={answerOf(delivery)} tone={isTaken(delivery) ? 'good' : 'bad'} />
            </li>
          ))}
        </ol>
      )}
      <More summary={t('content')}>{() => <JsonView name={t('content')} value={notice.content} />}</More>
    </Row>
  )
}

function answerOf({ status, fault }: Delivery): string {
  const answer = status === undefined ? t('noAnswer') : String(status)
  return fault === undefined ? answer : `${fault} · ${answer}`
}

function isTaken({ status = 0 }: Delivery): boolean {
  return ANSWERED_WELL.includes(status)
}
