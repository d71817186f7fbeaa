import './outages.css'
import { Switch } from '../../kit/switch.tsx'
import { t } from '../text.ts'
import type { Outages, Part } from './outages.ts'

/** Takes parts away, and brings them back. */
export function OutageSwitches({ outages }: { outages: Outages }) {
  const { parts } = outages.state
  const names = Object.keys(parts) as Part[]
  if (names.length === 0) return null
  return (
    <fieldset class="outages">
      <legend>{t('outages')}</legend>
      {names.map((part) => (
        <label key={part} class="outage">
          <span>{t(part)}</span>
          <Switch id={part} isOn={parts[part] === false} onChange={(isAway) => void outages.set(part, !isAway)} />
        </label>
      ))}
    </fieldset>
  )
}
