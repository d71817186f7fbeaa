import type { ComponentChildren } from 'preact'
import { Reading } from '../../kit/parts/reading.tsx'
import { t } from '../text.ts'
import { FailureOf } from './failure.tsx'
import type { Loaded } from './load.ts'

interface ViewOfProps<Value> {
  of: Pick<Loaded<never, Value>, 'state' | 'reload'>
  children: (value: Value) => ComponentChildren
}

/** What was loaded, and how that stands. */
export function ViewOf<Value>({ of, children }: ViewOfProps<Value>) {
  const { value, failure, isLoading } = of.state
  return (
    <Reading
      value={value}
      failure={failure && <FailureOf failure={failure} />}
      again={{ text: t('tryAgain'), isBusy: isLoading, onClick: () => void of.reload() }}
      loading={t('loading')}
    >
      {children}
    </Reading>
  )
}
