import './action-button.css'

interface ActionButtonProps {
  id: string
  kind: 'wechat' | 'seal' | 'plain'
  text: string
  /** While something is under way. It keeps the focus, which a disabled button would lose. */
  isBusy: boolean
  /** Without it, the button submits its form. */
  onClick?: () => void
}

/** A button as wide as its room, for what a screen is about. */
export function ActionButton({ id, kind, text, isBusy, onClick }: ActionButtonProps) {
  return (
    <button
      id={id}
      type={onClick ? 'button' : 'submit'}
      class={`${kind}-button wide`}
      aria-disabled={isBusy ? 'true' : undefined}
      onClick={onClick}
    >
      {text}
    </button>
  )
}
