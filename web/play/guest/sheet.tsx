import './sheet.css'
import type { ComponentChildren } from 'preact'

interface SheetProps {
  /** The id of what names it. */
  titleId: string
  /** Undefined while it can't be closed without an answer. */
  onEscape: (() => void) | undefined
  children: ComponentChildren
}

/** A sheet of WeChat's own over the mini-program, which has no access to it. */
export function Sheet({ titleId, onEscape, children }: SheetProps) {
  const closeByKey = ({ key }: KeyboardEvent) => {
    if (key === 'Escape') onEscape?.()
  }
  return (
    <div class="phone-sheet">
      <div class="sheet" role="dialog" aria-modal="true" aria-labelledby={titleId} onKeyDown={closeByKey}>
        {children}
      </div>
    </div>
  )
}
