import '../../kit/notes.css'
import { useEffect } from 'preact/hooks'
import { Button } from '../../kit/parts/button.tsx'
import { useStores } from '../../kit/store.ts'
import type { Acts } from '../acts/acts.ts'
import type { Me } from '../api/types.ts'
import { t } from '../text.ts'
import type { Session } from './session.ts'

interface OtherTabProps {
  session: Session
  me: Me
  acts: Acts
}

/**
 * Follows another tab of this browser in which somebody else has signed in, and says so: from then on this tab is theirs as well.
 * It waits for the answer to an act, and until that was read, for it may be shown once.
 */
export function OtherTab({ session, me, acts }: OtherTabProps) {
  useStores(acts)
  const { isReplaced, before } = session.state
  const isAnswering = acts.state.running === 'inEarnest' || acts.state.done !== undefined
  useEffect(() => {
    if (isReplaced && !isAnswering) void session.follow()
  }, [isReplaced, isAnswering])
  if (before === undefined) return null
  return (
    <div class="aside" id="other-tab" role="status">
      <p>{t('otherTab', { name: me.name, before })}</p>
      <Button id="other-tab-read" text={t('close')} onClick={session.forgetBefore} />
    </div>
  )
}
