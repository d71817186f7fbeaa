import './act-dialog.css'
import { useState } from 'preact/hooks'
import { Button } from '../../kit/parts/button.tsx'
import { Dialog } from '../../kit/parts/dialog.tsx'
import { Field } from '../../kit/parts/field.tsx'
import { useStores } from '../../kit/store.ts'
import { FailureOf } from '../parts/failure.tsx'
import { t } from '../text.ts'
import { type Acts, type Asked, fieldsOf, showsReason } from './acts.ts'
import { ACTS } from './table.ts'

/** The dialog of an act: what will happen, why, and whether really. */
export function ActDialog({ acts }: { acts: Acts }) {
  useStores(acts)
  const { asked, done } = acts.state
  if (!asked) return null
  // Under an act it stays: the answer may be a refusal, or a secret that is shown once.
  const isLocked = () => acts.state.running === 'inEarnest'
  return (
    <Dialog id="act" title={t(`act.${asked.act}`)} isLocked={isLocked} onClose={acts.close}>
      {(close) => (
        <>
          {asked.about !== '' && <p class="number act-about">{asked.about}</p>}
          {done ? <Done sentences={done} onClose={close} /> : <Form acts={acts} asked={asked} close={close} />}
        </>
      )}
    </Dialog>
  )
}

function Done({ sentences, onClose }: { sentences: readonly string[]; onClose: () => void }) {
  return (
    <>
      <div class="act-done" role="status">
        <b>{t('actDone')}</b>
        <Sentences of={sentences} />
      </div>
      <div class="dialog-buttons">
        <Button id="act-close" kind="main" text={t('close')} onClick={onClose} />
      </div>
    </>
  )
}

function Sentences({ of }: { of: readonly string[] }) {
  return (
    <ul class="act-sentences">
      {of.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  )
}

interface FormProps {
  acts: Acts
  asked: Asked
  close: () => void
}

function Form({ acts, asked, close }: FormProps) {
  const { fields, reason, foreseen, running } = acts.state
  // The field that was left empty, until it is filled in.
  const [lacking, setLacking] = useState<string>()
  const isEmpty = (name: string) => (name === 'reason' ? reason : (fields[name] ?? '')).trim() === ''
  const missingText = (name: string, text: string) => (name === lacking && isEmpty(name) ? text : undefined)
  const submit = (event: Event) => {
    event.preventDefault()
    const needed = fieldsOf(asked).flatMap((each) => (each.isOptional ? [] : [each.name]))
    if (foreseen || showsReason(asked)) needed.push('reason')
    const empty = needed.find(isEmpty)
    setLacking(empty)
    if (empty !== undefined) return document.getElementById(`act-${empty}`)?.focus()
    void (foreseen ? acts.confirm() : acts.tryOut())
  }
  return (
    <form class="act-form" onSubmit={submit}>
      {fieldsOf(asked).map(({ name, text, hint }) => (
        <Field
          key={name}
          id={`act-${name}`}
          name={t(text)}
          hint={hint && t(hint)}
          value={fields[name] ?? ''}
          failure={missingText(name, t('fieldMissing'))}
          isMono
          onInput={(value) => acts.type(name, value)}
        />
      ))}
      <Foreseen acts={acts} />
      <Field
        id="act-reason"
        name={t('reason')}
        hint={t('reasonHint')}
        value={reason}
        failure={missingText('reason', t('reasonMissing'))}
        onInput={acts.giveReason}
      />
      <div class="dialog-buttons">
        <Button id="act-cancel" text={t('cancel')} isBusy={running === 'inEarnest'} onClick={close} />
        <Button
          id="act-confirm"
          kind={foreseen && ACTS[asked.act].isDangerous ? 'danger' : 'main'}
          text={t(foreseen ? 'confirm' : 'tryOut')}
          isBusy={running !== undefined}
        />
      </div>
    </form>
  )
}

/** What a dry run has said, or why there is nothing to say yet. */
function Foreseen({ acts }: { acts: Acts }) {
  const { foreseen, failure, isUncertain, running } = acts.state
  const pending = running ? 'tryingOut' : failure ? (isUncertain ? 'perhapsDone' : 'nothingWill') : 'notTriedOut'
  return (
    <>
      <div class="act-foreseen" id="act-foreseen" role="status">
        <b>{t('willHappen')}</b>
        {foreseen && <Sentences of={foreseen} />}
        {!foreseen && <p class="dim">{t(pending)}</p>}
      </div>
      {failure && <FailureOf failure={failure} />}
    </>
  )
}
