import type { Me } from '../api/types.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FailureOf } from '../parts/failure.tsx'
import { t } from '../text.ts'
import type { Session } from './session.ts'

/** Asks whether a link that was opened may end the session of who is signed in. */
export function OtherLink({ session, me }: { session: Session; me: Me }) {
  const { offered, isBusy, failure } = session.state
  if (offered === undefined) return null
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
