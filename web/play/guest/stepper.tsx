import { t } from '../text.ts'

interface StepperProps {
  name: string
  label: string
  /** What is counted, for the buttons' names. */
  unit: string
  value: number
  most: number
  onValue: (value: number) => void
}

/** A number from 1 to `most`, with a button for one less and one for one more. */
export function Stepper({ name, label, unit, value, most, onValue }: StepperProps) {
  return (
    <div class="field" role="group" aria-label={label}>
      <span>{label}</span>
      <span class="stepper">
        <button
          type="button"
          id={`${name}-fewer`}
          aria-label={t('fewer', { what: unit })}
          disabled={value <= 1}
          onClick={() => onValue(value - 1)}
        >
          −
        </button>
        <output id={name} aria-live="polite">
          {value}
        </output>
        <button
          type="button"
          id={`${name}-more`}
          aria-label={t('more', { what: unit })}
          disabled={value >= most}
          onClick={() => onValue(value + 1)}
        >
          +
        </button>
      </span>
    </div>
  )
}
