import { Button } from '../../kit/parts/button.tsx'
import { Dialog } from '../../kit/parts/dialog.tsx'
import { useStores } from '../../kit/store.ts'
import type { Acts } from '../acts/acts.ts'
import type { Me } from '../api/types.ts'
import { FailureOf } from '../parts/failure.tsx'
import { t } from '../text.ts'
import type { Session } from './session.ts'

interface OtherLinkProps {
  session: Session
  me: Me
  acts: Acts
}

/**
 * Asks whether a link that was opened may end the session of who is signed in. It waits until the dialog of an act is closed: the
 * answer to that may be shown once.
 */
export function OtherLink({ session, me, acts }: OtherLinkProps) {
  useStores(acts)
  const { offered, isBusy, failure } = session.state
  if (offered === undefined || acts.state.asked) return null
  return (
    <Dialog id="other-link" title={t('linkOpened')} isLocked={() => session.state.isBusy} onClose={session.decline}>
      {(close) => (
        <>
          <p>{t('linkAsks', { name: me.name, role: t(`role.${me.role}`) })}</p>
          {failure && <FailureOf failure={failure} />}
          <div class="dialog-buttons">
            <Button id="link-decline" text={t('linkDecline', { name: me.name })} isBusy={isBusy} onClick={close} />
            <Button
              id="link-accept"
              kind="main"
              text={t('linkAccept')}
              isBusy={isBusy}
              onClick={() => void session.signIn(offered)}
            />
          </div>
        </>
      )}
    </Dialog>
  )
}
