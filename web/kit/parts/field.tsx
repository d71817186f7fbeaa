import './field.css'

interface FieldProps {
  id: string
  name: string
  value: string
  hint?: string
  /** What is wrong with it. */
  failure?: string
  isMono?: boolean
  onInput: (value: string) => void
}

/** A line of text under its name, with what is wrong with it below. */
export function Field({ id, name, value, hint, failure, isMono = false, onInput }: FieldProps) {
  const note = failure ?? hint
  return (
    <div class="field">
      <label for={id}>{name}</label>
      <input
        id={id}
        class={`input ${isMono ? 'number' : ''}`}
        value={value}
        autocomplete="off"
        spellcheck={false}
        aria-describedby={note === undefined ? undefined : `${id}-note`}
        aria-invalid={failure === undefined ? undefined : 'true'}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {note !== undefined && (
        <span id={`${id}-note`} class={failure === undefined ? 'field-hint' : 'field-failure'}>
          {note}
        </span>
      )}
    </div>
  )
}
