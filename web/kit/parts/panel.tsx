import './panel.css'
import type { ComponentChildren } from 'preact'

interface PanelProps {
  id?: string
  title: string
  /** How many there are of it. */
  count?: number
  /** Beside the title. */
  aside?: ComponentChildren
  children: ComponentChildren
}

/** A part of a view, under a heading. */
export function Panel({ id, title, count, aside, children }: PanelProps) {
  return (
    <section class="panel" id={id} aria-label={title}>
      <div class="panel-head">
        <h2>
          {title}
          {count !== undefined && <span class="panel-count">{count}</span>}
        </h2>
        {aside}
      </div>
      {children}
    </section>
  )
}

/** The head of a view: its name, which gets the focus when the view opens, and what can be done beside it. */
export function ViewHead({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="view-head">
      <h1 class="view-title" id="view-title" tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  )
}
