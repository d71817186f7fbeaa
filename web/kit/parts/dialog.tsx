import './dialog.css'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

interface DialogProps {
  id: string
  title: string
  /** While it is, nothing closes the dialog. */
  isLocked: () => boolean
  onClose: () => void
  children: (close: () => void) => ComponentChildren
}

/** Opens over the page as soon as it is drawn. The browser keeps the focus in it, and gives it back. */
export function Dialog({ id, title, isLocked, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const onCancel = (event: Event) => {
    if (isLocked()) event.preventDefault()
  }
  // A browser closes it at the second Escape, whatever the page says.
  const onClosed = () => (isLocked() ? dialog.current?.showModal() : onClose())
  return (
    <dialog ref={dialog} class="dialog" id={id} aria-labelledby={`${id}-title`} onCancel={onCancel} onClose={onClosed}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children(() => dialog.current?.close())}
    </dialog>
  )
}
