import { ViewHead } from '../../kit/parts/panel.tsx'
import type { Stores } from '../stores.ts'
import { t } from '../text.ts'

/** What a phone shows that has scanned an order's code. */
export function PayView(_: { stores: Stores; outTradeNo: string }) {
  return <ViewHead title={t('view.pay')} />
}
