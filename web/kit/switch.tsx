import './switch.css'

interface SwitchProps {
  id: string
  isOn: boolean
  onChange: (isOn: boolean) => void
}

/** Turns something on and off; its name is the label around it. */
export function Switch({ id, isOn, onChange }: SwitchProps) {
  return (
    <input
      id={id}
      type="checkbox"
      role="switch"
      class="switch"
      checked={isOn}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  )
}
