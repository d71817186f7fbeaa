import type { ComponentChildren } from 'preact'
import { Button } from '../../kit/parts/button.tsx'
import { useWatch, type Watch } from '../live/watch.ts'
import { t } from '../text.ts'
import { FailureOf } from './failure.tsx'

interface ViewOfProps<Value> {
  of: Watch<Value>
  children: (value: Value) => ComponentChildren
}

/** What is read while it is shown; why it can't be read, above what was there before. */
export function ViewOf<Value>({ of, children }: ViewOfProps<Value>) {
  const { value, failure } = useWatch(of)
  return (
    <>
      {failure && (
        <div class="failed">
          <FailureOf failure={failure} />
          <Button text={t('tryAgain')} onClick={() => void of.refresh()} />
        </div>
      )}
      {value !== undefined && children(value)}
      {value === undefined && !failure && (
        <p class="empty" role="status">
          {t('loading')}
        </p>
      )}
    </>
  )
}
