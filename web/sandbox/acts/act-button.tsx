import { useState } from 'preact/hooks'
import { Button } from '../../kit/parts/button.tsx'
import { Dialog } from '../../kit/parts/dialog.tsx'
import { FailureOf } from '../parts/failure.tsx'
import { t } from '../text.ts'
import type { Act } from './act.ts'
import { ActForm } from './act-form.tsx'
import { type Changed, useAct } from './run-act.ts'

interface ActButtonProps {
  act: Act
  stores: Changed
  kind?: 'main' | 'plain'
}

/** Does an act: at once where nothing is to be filled in, else after a dialog. */
export function ActButton(props: ActButtonProps) {
  return props.act.fields.length === 0 ? <AtOnce {...props} /> : <Asking {...props} />
}

function AtOnce({ act, stores, kind }: ActButtonProps) {
  const { isBusy, failure, run } = useAct(act, stores)
  return (
    <>
      <Button kind={kind} text={t(act.title)} about={act.about} isBusy={isBusy} onClick={() => void run({})} />
      {failure && <FailureOf failure={failure} />}
    </>
  )
}

function Asking({ act, stores, kind }: ActButtonProps) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button kind={kind} text={`${t(act.title)} …`} about={act.about} onClick={() => setOpen(true)} />
      {isOpen && (
        <Dialog id="act" title={`${t(act.title)} · ${act.about}`} isLocked={() => false} onClose={() => setOpen(false)}>
          {(close) => (
            <ActForm id="act" act={act} stores={stores} onDone={close}>
              <Button text={t('cancel')} onClick={close} />
            </ActForm>
          )}
        </Dialog>
      )}
    </>
  )
}
