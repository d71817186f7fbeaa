import '../../kit/parts/field.css'
import { hasText, t } from '../text.ts'

interface ChoiceProps {
  id: string
  name: string
  /** The first by default. */
  value: string | undefined
  /** Named by the texts `choice.…`; by themselves without one. */
  choices: readonly string[]
  hint?: string
  onInput: (value: string) => void
}

/** One of several, under its name. */
export function Choice({ id, name, value, choices, hint, onInput }: ChoiceProps) {
  return (
    <div class="field">
      <label for={id}>{name}</label>
      <select
        id={id}
        class="input"
        value={value ?? choices[0]}
        aria-describedby={hint === undefined ? undefined : `${id}-note`}
        onInput={(event) => onInput(event.currentTarget.value)}
      >
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {nameOf(choice)}
          </option>
        ))}
      </select>
      {hint !== undefined && (
        <span id={`${id}-note`} class="field-hint">
          {hint}
        </span>
      )}
    </div>
  )
}

function nameOf(choice: string): string {
  const key = `choice.${choice}`
  return hasText(key) ? `${t(key)} · ${choice}` : choice
}
