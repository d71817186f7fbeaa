import './button.css'

interface ButtonProps {
  text: string
  id?: string
  /** `danger`: it does what can't be undone; `risky`: it asks for that first. */
  kind?: 'main' | 'danger' | 'risky' | 'plain'
  /** While something is under way, or it may not be pressed. It keeps the focus, which a disabled button would lose. */
  isBusy?: boolean
  /** Why it may not be pressed: seen on hover, and read out with its name. */
  reason?: string
  /** What it belongs to, such as a number: read out after its text, where other buttons have the same one. */
  about?: string
  /** Without it, the button submits its form. */
  onClick?: () => void
}

export function Button({ text, id, kind = 'plain', isBusy = false, reason, about, onClick }: ButtonProps) {
  const isOff = isBusy || reason !== undefined
  return (
    <button
      id={id}
      type={onClick ? 'button' : 'submit'}
      class={`button button-${kind}`}
      aria-disabled={isOff ? 'true' : undefined}
      title={reason}
      aria-label={about ? `${text} ${about}` : undefined}
      onClick={isOff ? (event) => event.preventDefault() : onClick}
    >
      {text}
    </button>
  )
}
