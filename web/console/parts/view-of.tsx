import './view-of.css'
import type { ComponentChildren } from 'preact'
import { Button } from '../../kit/parts/button.tsx'
import { t } from '../text.ts'
import { FailureOf } from './failure.tsx'
import type { Loaded } from './load.ts'

interface ViewOfProps<Value> {
  of: Pick<Loaded<never, Value>, 'state' | 'reload'>
  children: (value: Value) => ComponentChildren
}

/** What was loaded; bars while nothing is there yet; why it failed, above what was there before. */
export function ViewOf<Value>({ of, children }: ViewOfProps<Value>) {
  const { value, failure, isLoading } = of.state
  return (
    <>
      {failure && (
        <div class="failed">
          <FailureOf failure={failure} />
          <Button text={t('tryAgain')} isBusy={isLoading} onClick={() => void of.reload()} />
        </div>
      )}
      {value !== undefined && children(value)}
      {value === undefined && !failure && <Bars />}
    </>
  )
}

function Bars() {
  return (
    <div class="loading" role="status">
      <b class="unseen">{t('loading')}</b>
      <span />
      <span />
      <span />
    </div>
  )
}
