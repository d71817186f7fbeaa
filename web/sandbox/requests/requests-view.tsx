import './requests.css'
import { useState } from 'preact/hooks'
import { Button } from '../../kit/parts/button.tsx'
import { Panel, ViewHead } from '../../kit/parts/panel.tsx'
import { Switch } from '../../kit/switch.tsx'
import type { RecordedRequest } from '../api/types.ts'
import { ViewOf } from '../parts/view-of.tsx'
import type { Stores } from '../stores.ts'
import { t } from '../text.ts'
import { RequestRow } from './request-row.tsx'

/** So many are drawn at first, and at each wish for more. */
const DRAWN = 50

/** Every request that the sandbox was sent, newest first, and why some were refused. */
export function RequestsView({ stores }: { stores: Stores }) {
  const [isRefusedOnly, setRefusedOnly] = useState(false)
  const [drawn, setDrawn] = useState(DRAWN)
  return (
    <>
      <ViewHead title={t('view.requests')}>
        <label class="refused-only">
          {t('refusedOnly')}
          <Switch id="refused-only" isOn={isRefusedOnly} onChange={setRefusedOnly} />
        </label>
      </ViewHead>
      <p class="view-how">{t('requestsHow')}</p>
      <ViewOf of={stores.requests}>
        {(requests) => (
          <RequestList
            requests={isRefusedOnly ? requests.filter(({ refusal }) => refusal) : requests}
            drawn={drawn}
            onMore={() => setDrawn(drawn + DRAWN)}
          />
        )}
      </ViewOf>
    </>
  )
}

interface RequestListProps {
  requests: RecordedRequest[]
  drawn: number
  onMore: () => void
}

function RequestList({ requests, drawn, onMore }: RequestListProps) {
  return (
    <Panel id="requests" title={t('requests')} count={requests.length}>
      {requests.length === 0 && <p class="empty">{t('noRequests')}</p>}
      <ol>
        {requests.slice(0, drawn).map((request) => (
          <RequestRow key={request.requestId} request={request} />
        ))}
      </ol>
      {requests.length > drawn && (
        <Button id="more" text={t('moreRequests', { count: requests.length - drawn })} onClick={onMore} />
      )}
    </Panel>
  )
}
