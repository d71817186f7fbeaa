import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'

/** What is shown on demand, and drawn no earlier: a list may have a hundred of them. */
export function More({ summary, children }: { summary: string; children: () => ComponentChildren }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{summary}</summary>
      {isOpen && children()}
    </details>
  )
}
