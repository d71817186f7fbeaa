import './act-form.css'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../kit/parts/button.tsx'
import { Field } from '../../kit/parts/field.tsx'
import { Choice } from '../parts/choice.tsx'
import { FailureOf } from '../parts/failure.tsx'
import { hasText, t } from '../text.ts'
import { type Act, CHOICES, type FieldName, readValues } from './act.ts'
import { type Changed, useAct } from './run-act.ts'

interface ActFormProps {
  /** Of its fields and its button. */
  id: string
  act: Act
  stores: Changed
  /** Field beside field where there is room. */
  isWide?: boolean
  onDone?: () => void
  /** Beside the button that does it. */
  children?: ComponentChildren
}

/** Asks for what an act needs, and does it. */
export function ActForm({ id, act, stores, isWide = false, onDone, children }: ActFormProps) {
  const [typed, setTyped] = useState<Partial<Record<FieldName, string>>>({})
  const { isBusy, failure, run } = useAct(act, stores)
  const submit = async (event: Event) => {
    event.preventDefault()
    if (isBusy || !(await run(readValues(act.fields, typed)))) return
    setTyped({})
    onDone?.()
  }
  return (
    <form class={isWide ? 'act-form act-form-wide' : 'act-form'} onSubmit={(event) => void submit(event)}>
      {act.fields.map((name) => (
        <ActField
          key={name}
          id={`${id}-${name}`}
          name={name}
          value={typed[name]}
          onInput={(value) => setTyped({ ...typed, [name]: value })}
        />
      ))}
      {failure && <FailureOf failure={failure} />}
      <div class="act-buttons">
        <Button id={`${id}-do`} kind="main" text={t(act.title)} isBusy={isBusy} />
        {children}
      </div>
    </form>
  )
}

interface ActFieldProps {
  id: string
  name: FieldName
  value: string | undefined
  onInput: (value: string) => void
}

function ActField({ id, name, value, onInput }: ActFieldProps) {
  const choices = CHOICES[name]
  const hint = `hint.${name}`
  const field = { id, name: t(`field.${name}`), onInput, hint: hasText(hint) ? t(hint) : undefined }
  return choices ? <Choice {...field} value={value} choices={choices} /> : <Field {...field} value={value ?? ''} />
}
