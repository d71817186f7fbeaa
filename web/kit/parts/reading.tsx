import './reading.css'
import type { ComponentChildren } from 'preact'
import { Button } from './button.tsx'

interface ReadingProps<Value> {
  value: Value | undefined
  /** Why it can't be read. */
  failure: ComponentChildren
  /** Reads it again. */
  again: { text: string; isBusy?: boolean; onClick: () => void }
  /** Read out while nothing is there yet. */
  loading: string
  children: (value: Value) => ComponentChildren
}

/** What was read; bars while nothing is there yet; why it failed, above what was there before. */
export function Reading<Value>({ value, failure, again, loading, children }: ReadingProps<Value>) {
  return (
    <>
      {failure && (
        <div class="failed">
          {failure}
          <Button {...again} />
        </div>
      )}
      {value !== undefined && children(value)}
      {value === undefined && !failure && <Bars text={loading} />}
    </>
  )
}

function Bars({ text }: { text: string }) {
  return (
    <div class="loading" role="status">
      <b class="unseen">{text}</b>
      <span />
      <span />
      <span />
    </div>
  )
}
