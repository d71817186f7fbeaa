import './decide-screen.css'
import { useEffect } from 'preact/hooks'
import type { By } from '../acts/act-button.tsx'
import { Button } from '../parts/button.tsx'
import { ViewHead } from '../parts/panel.tsx'
import { ViewOf } from '../parts/view-of.tsx'
import { t } from '../text.ts'
import type { Decide } from './decide.ts'
import { Mismatches } from './mismatches.tsx'
import { Refunds } from './refunds.tsx'
import { StuckOrders } from './stuck-orders.tsx'
import { ViewerNote } from './viewer-note.tsx'

/** What doesn't go on without a person: money that doesn't fit, and refunds that don't arrive. */
export function DecideScreen({ decide, by }: { decide: Decide; by: By }) {
  useEffect(() => void decide.load(), [decide])
  const reload = () => void decide.load()
  return (
    <div class="decide">
      <ViewHead title={t('view.decide')}>
        <Button id="reload" text={t('reload')} isBusy={decide.waiting.state.isLoading} onClick={reload} />
      </ViewHead>
      <ViewerNote by={by} />
      <ViewOf of={decide.waiting}>
        {({ mismatches, heldPayments, stuckRefunds, stuckOrders }) => (
          <>
            <Mismatches mismatches={mismatches} by={by} onDone={reload} />
            <Refunds stuck={stuckRefunds} held={heldPayments} by={by} onDone={reload} />
            <StuckOrders orders={stuckOrders} by={by} onDone={reload} />
          </>
        )}
      </ViewOf>
    </div>
  )
}
