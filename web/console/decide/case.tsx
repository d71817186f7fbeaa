import './case.css'
import type { ComponentChildren } from 'preact'

interface CaseProps {
  /** Its number or name, and its states. */
  head: ComponentChildren
  /** Names and values. */
  facts: readonly (readonly [name: string, value: ComponentChildren])[]
  /** What can be done. */
  children?: ComponentChildren
}

/** One thing that waits for a person. A fact without a value is left out. */
export function Case({ head, facts, children }: CaseProps) {
  return (
    <li class="case">
      <div class="case-head">{head}</div>
      <dl class="case-facts">
        {facts
          .filter(([, value]) => value !== null && value !== undefined && value !== '' && value !== false)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {children && <div class="row-buttons">{children}</div>}
    </li>
  )
}
