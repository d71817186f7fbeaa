import './field.css'

interface NumberRange {
  min: number | undefined
  max: number | undefined
  step: number | 'any'
  isNeeded: boolean
}

interface FieldProps {
  id: string
  name: string
  value: string
  hint?: string
  /** What is wrong with it. */
  failure?: string
  isMono?: boolean
  /** It is a number, which the browser checks. */
  number?: NumberRange
  onInput: (value: string) => void
}

/** A line of text, or a number, under its name, with what is wrong with it below. */
export function Field({ id, name, value, hint, failure, isMono = false, number, onInput }: FieldProps) {
  const note = failure ?? hint
  const input = {
    id,
    class: `input ${isMono ? 'number' : ''}`,
    value,
    autocomplete: 'off',
    spellcheck: false,
    'aria-describedby': note === undefined ? undefined : `${id}-note`,
    'aria-invalid': failure === undefined ? undefined : ('true' as const),
    onInput: (event: InputEvent & { currentTarget: HTMLInputElement }) => onInput(event.currentTarget.value),
  }
  return (
    <div class="field">
      <label for={id}>{name}</label>
      {number ? <input {...input} {...rangeOf(number)} /> : <input {...input} />}
      {note !== undefined && (
        <span id={`${id}-note`} class={failure === undefined ? 'field-hint' : 'field-failure'}>
          {note}
        </span>
      )}
    </div>
  )
}

function rangeOf({ min, max, step, isNeeded }: NumberRange) {
  return { type: 'number' as const, min, max, step, required: isNeeded }
}
