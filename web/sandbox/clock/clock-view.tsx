import { ViewHead } from '../../kit/parts/panel.tsx'
import type { Stores } from '../stores.ts'
import { t } from '../text.ts'

export function ClockView(_: { stores: Stores }) {
  return <ViewHead title={t('view.clock')} />
}
