import './decide-screen.css'
import { useEffect } from 'preact/hooks'
import { Button } from '../../kit/parts/button.tsx'
import { ViewHead } from '../../kit/parts/panel.tsx'
import type { By } from '../acts/act-button.tsx'
import { ViewOf } from '../parts/view-of.tsx'
import { t } from '../text.ts'
import type { Decide } from './decide.ts'
import { Mismatches } from './mismatches.tsx'
import { Refunds } from './refunds.tsx'
import { StuckOrders } from './stuck-orders.tsx'
import { Trail } from './trail.tsx'
import { ViewerNote } from './viewer-note.tsx'

/** What doesn't go on without a person: money that doesn't fit, and refunds that don't arrive. */
export function DecideScreen({ decide, by }: { decide: Decide; by: By }) {
  useEffect(decide.load, [decide])
  return (
    <div class="decide">
      <ViewHead title={t('view.decide')}>
        <Button id="reload" text={t('reload')} isBusy={decide.waiting.state.isLoading} onClick={decide.load} />
      </ViewHead>
      <ViewerNote by={by} />
      <ViewOf of={decide.waiting}>
        {({ mismatches, heldPayments, stuckRefunds, stuckOrders }) => (
          <>
            <Mismatches mismatches={mismatches} by={by} onDone={decide.load} />
            <Refunds stuck={stuckRefunds} held={heldPayments} by={by} onDone={decide.load} />
            <StuckOrders orders={stuckOrders} by={by} onDone={decide.load} />
          </>
        )}
      </ViewOf>
      <Trail trail={decide.trail} />
    </div>
  )
}
