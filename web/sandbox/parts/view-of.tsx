import type { ComponentChildren } from 'preact'
import { Reading } from '../../kit/parts/reading.tsx'
import { useWatch, type Watch } from '../live/watch.ts'
import { t } from '../text.ts'
import { FailureOf } from './failure.tsx'

interface ViewOfProps<Value> {
  of: Watch<Value>
  children: (value: Value) => ComponentChildren
}

/** What is read while it is shown, and how that stands. */
export function ViewOf<Value>({ of, children }: ViewOfProps<Value>) {
  const { value, failure } = useWatch(of)
  return (
    <Reading
      value={value}
      failure={failure && <FailureOf failure={failure} />}
      again={{ text: t('tryAgain'), onClick: () => void of.refresh() }}
      loading={t('loading')}
    >
      {children}
    </Reading>
  )
}
