import '../decide/decide-screen.css'
import { useEffect } from 'preact/hooks'
import { count, instant } from '../../kit/figures.ts'
import { Button } from '../../kit/parts/button.tsx'
import { Panel, ViewHead } from '../../kit/parts/panel.tsx'
import { ActButton, type By } from '../acts/act-button.tsx'
import type { Events } from '../api/types.ts'
import { Case } from '../decide/case.tsx'
import { ViewerNote } from '../decide/viewer-note.tsx'
import { ViewOf } from '../parts/view-of.tsx'
import { t } from '../text.ts'
import { Deliveries } from './deliveries.tsx'
import type { EventsView } from './events.ts'
import { WebhookCase } from './webhook-case.tsx'

interface EventsScreenProps {
  events: EventsView
  /** The endpoint whose deliveries are shown, or nothing. */
  part: string
  by: By
}

/** Who hears of every change of a payment: webhooks with what they were sent, and listeners of ours. */
export function EventsScreen({ events: { all, deliveries }, part, by }: EventsScreenProps) {
  const load = () => void all.load(undefined)
  useEffect(load, [all])
  const reload = () => {
    load()
    if (part !== '') void deliveries.load(part)
  }
  return (
    <div class="decide">
      <ViewHead title={t('view.events')}>
        <Button id="reload" text={t('reload')} isBusy={all.state.isLoading} onClick={reload} />
      </ViewHead>
      <ViewerNote by={by} />
      <ViewOf of={all}>
        {({ webhooks, listeners }) => (
          <>
            <Panel
              id="webhooks"
              title={t('webhooks')}
              count={webhooks.length}
              aside={<ActButton act="webhookAdd" values={{}} about="" by={by} onDone={reload} />}
            >
              {webhooks.length === 0 && <p class="empty">{t('noWebhooks')}</p>}
              <ul>
                {webhooks.map((webhook) => (
                  <WebhookCase key={webhook.id} webhook={webhook} by={by} onDone={reload} />
                ))}
              </ul>
            </Panel>
            {part !== '' && (
              <Deliveries deliveries={deliveries} id={part} url={webhooks.find(({ id }) => id === part)?.url} />
            )}
            <Listeners listeners={listeners} by={by} onDone={reload} />
          </>
        )}
      </ViewOf>
    </div>
  )
}

interface ListenersProps {
  listeners: Events['listeners']
  by: By
  onDone: () => void
}

function Listeners({ listeners, by, onDone }: ListenersProps) {
  return (
    <Panel id="listeners" title={t('listeners')} count={listeners.length}>
      {listeners.length === 0 && <p class="empty">{t('noListeners')}</p>}
      <ul>
        {listeners.map(({ id, createdAt, waiting }) => (
          <Case
            key={id}
            head={<b class="number">{id}</b>}
            facts={[
              [t('hearsSince'), instant(createdAt)],
              [t('waitsForIt'), count(waiting)],
            ]}
          >
            <ActButton act="listenerRemove" values={{ id }} about={id} by={by} onDone={onDone} />
          </Case>
        ))}
      </ul>
    </Panel>
  )
}
