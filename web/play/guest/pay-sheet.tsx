import './pay-sheet.css'
import { ActionButton } from '../../kit/action-button.tsx'
import { Fact, Facts } from '../../kit/facts.tsx'
import { yuan } from '../../kit/format.ts'
import { FailureOf } from '../failure.tsx'
import { t } from '../text.ts'
import type { NoticeFault } from '../wechat/faults.ts'
import type { Guest } from './guest.ts'
import { Sheet } from './sheet.tsx'
import type { PaySheet } from './state.ts'

interface PaySheetProps {
  guest: Guest
  sheet: PaySheet
  noticeFault: () => NoticeFault | undefined
}

/** Where the guest pays. */
export function PaySheetView({ guest, sheet, noticeFault }: PaySheetProps) {
  const close = () => guest.closeSheet()
  return (
    <Sheet titleId="sheet-title" onEscape={sheet.isPaid ? undefined : close}>
      <div class="pay-sheet">
        <div class="sheet-head">
          <button type="button" id="sheet-close" aria-label={t('close')} onClick={close}>
            ×
          </button>
          <span id="sheet-title">{t('paySheet')}</span>
        </div>
        <p class="sheet-to">{t('payTo')}</p>
        <p class="sheet-amount">{yuan(sheet.amountFen)}</p>
        {sheet.isPaid ? <Paid /> : <Confirmation guest={guest} sheet={sheet} noticeFault={noticeFault} />}
      </div>
    </Sheet>
  )
}

function Paid() {
  return (
    <>
      <div class="sheet-tick" aria-hidden="true">
        ✓
      </div>
      <p class="sheet-paid" role="status">
        {t('paid')}
      </p>
    </>
  )
}

function Confirmation({ guest, sheet, noticeFault }: PaySheetProps) {
  return (
    <>
      <Facts>
        <Fact name={t('payWith')}>{t('balance')}</Fact>
      </Facts>
      <FailureOf failure={sheet.failure} />
      <ActionButton
        id="pay-now"
        kind="wechat"
        text={t('payNow')}
        isBusy={guest.state.isBusy}
        onClick={() => void guest.payOnPhone(noticeFault())}
      />
      <p class="sheet-note">{t('sheetNote')}</p>
    </>
  )
}
