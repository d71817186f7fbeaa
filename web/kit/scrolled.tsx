import type { ComponentChildren } from 'preact'

interface ScrolledProps {
  /** Read out when the keyboard comes to it. */
  name: string
  class?: string
  children: ComponentChildren
}

/** Text as it is written. It may be wider than its room: the keyboard scrolls it, and so it has a name. */
export function Scrolled({ name, class: className, children }: ScrolledProps) {
  return (
    <pre class={className} tabIndex={0} role="group" aria-label={name}>
      {children}
    </pre>
  )
}
