import { count, instant } from '../../kit/figures.ts'
import { Mark } from '../../kit/parts/mark.tsx'
import { ActButton, type By } from '../acts/act-button.tsx'
import type { Events } from '../api/types.ts'
import { Case } from '../decide/case.tsx'
import { hrefOf } from '../route.ts'
import { t } from '../text.ts'

interface WebhookCaseProps {
  webhook: Events['webhooks'][number]
  by: By
  onDone: () => void
}

/** An endpoint, with what waits for it and what has failed. */
export function WebhookCase({ webhook, by, onDone }: WebhookCaseProps) {
  const { id, url, eventTypes, enabled, disabledReason, failingSince, waiting, failed } = webhook
  const about = { values: { id }, about: url, by, onDone }
  return (
    <Case
      head={
        <>
          <b class="number">{url}</b>
          <Mark text={t(enabled ? 'enabled' : 'disabled')} tone={enabled ? 'good' : 'bad'} />
          {failingSince && <Mark text={t('failingSince', { at: instant(failingSince) })} tone="bad" />}
        </>
      }
      facts={[
        [t('id'), <span class="number">{id}</span>],
        [t('eventTypes'), eventTypes.length === 0 ? t('allEvents') : eventTypes.join(', ')],
        [t('waitsForIt'), count(waiting)],
        [t('failedOnes'), count(failed)],
        [t('disabledWhy'), disabledReason],
      ]}
    >
      <a class="button" href={hrefOf('events', id)}>
        {t('deliveries')}
      </a>
      <ActButton act={enabled ? 'webhookDisable' : 'webhookEnable'} {...about} />
      {failed > 0 && <ActButton act="webhookReplayFailed" {...about} />}
      <ActButton act="webhookReplaySpan" {...about} />
      <ActButton act="webhookReplayEvent" {...about} />
      <ActButton act="webhookRotate" {...about} />
      <ActButton act="webhookRotateLost" {...about} />
      <ActButton act="webhookRemove" {...about} />
    </Case>
  )
}
