import './row.css'
import type { ComponentChildren } from 'preact'
import { Mark, type Tone } from '../../kit/parts/mark.tsx'
import { textOr } from '../text.ts'

interface RowProps {
  /** The number by which it is known. */
  number: string
  title: ComponentChildren
  /** How it stands, by WeChat's word. */
  state?: { of: string; in: 'order' | 'complaint' | 'other' }
  /** Beside its state: an amount. */
  figure?: ComponentChildren
  /** In a few words each; empty ones are left out. */
  facts: (string | false | undefined)[]
  /** Below. */
  children?: ComponentChildren
  buttons?: ComponentChildren
}

const TONES: Record<string, Tone> = {
  SUCCESS: 'good',
  TAKEN: 'good',
  PROCESSED: 'good',
  NOTPAY: 'warn',
  PROCESSING: 'warn',
  WAITING: 'warn',
  PENDING: 'warn',
  ABNORMAL: 'bad',
  GIVEN_UP: 'bad',
}

/** One thing of the ledger, whatever it is. */
export function Row({ number, title, state, figure, facts, children, buttons }: RowProps) {
  return (
    <li class="row" data-number={number}>
      <div class="row-main">
        <h2 class="row-title">{title}</h2>
        <p class="row-facts">
          <span class="number">{number}</span>
          {facts.filter(Boolean).map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
      </div>
      <div class="row-state">
        {figure && <span class="row-figure">{figure}</span>}
        {state && <Mark text={wordOf(state)} tone={TONES[state.of] ?? 'quiet'} title={state.of} />}
      </div>
      {children && <div class="row-more">{children}</div>}
      {buttons && <div class="row-buttons">{buttons}</div>}
    </li>
  )
}

function wordOf({ of, in: where }: NonNullable<RowProps['state']>): string {
  return textOr(`${where}.${of}`, textOr(`state.${of}`, of))
}
