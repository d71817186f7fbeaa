import { ViewHead } from '../../kit/parts/panel.tsx'
import type { Stores } from '../stores.ts'
import { t } from '../text.ts'

export function RequestsView(_: { stores: Stores }) {
  return <ViewHead title={t('view.requests')} />
}
