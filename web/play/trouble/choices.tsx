import './choices.css'
import { type TextKey, t } from '../text.ts'

interface ChoicesProps<Name extends TextKey> {
  title: TextKey
  names: readonly Name[]
  chosen: Name
  onChoice: (name: Name) => void
}

/** One of some things that may happen next. */
export function Choices<Name extends TextKey>({ title, names, chosen, onChoice }: ChoicesProps<Name>) {
  return (
    <fieldset>
      <legend>{t(title)}</legend>
      <div class="choices">
        {names.map((name) => (
          <label key={name}>
            <input type="radio" name={title} id={name} checked={name === chosen} onChange={() => onChoice(name)} />
            <span>{t(name)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
