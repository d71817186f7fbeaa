import './consent-sheet.css'
import { ActionButton } from '../../kit/action-button.tsx'
import { t } from '../text.ts'
import type { Guest } from './guest.ts'
import { titleOf } from './order-messages.tsx'
import { Sheet } from './sheet.tsx'
import type { ConsentSheet } from './state.ts'

/** Where the guest says which messages the mini-program may send: one of each template that is allowed. */
export function ConsentSheetView({ guest, consent }: { guest: Guest; consent: ConsentSheet }) {
  const answer = (isAllowed: boolean) => () => void guest.answerConsent(isAllowed)
  return (
    <Sheet titleId="consent-title" onEscape={() => guest.closeConsent()}>
      <p class="consent-title" id="consent-title">
        <b>{t('brand')}</b>
        {` ${t('consentSheet')}`}
      </p>
      <ul class="consent-templates">
        {consent.templates.map(({ kind, templateId }) => (
          <li key={templateId}>
            <label>
              <input
                type="checkbox"
                id={`consent-${kind}`}
                checked={consent.allowed.has(templateId)}
                onChange={({ currentTarget }) => guest.allowTemplate(templateId, currentTarget.checked)}
              />
              {titleOf(kind)}
            </label>
          </li>
        ))}
      </ul>
      <p class="sheet-note">{t('consentNote')}</p>
      <div class="consent-answers">
        <ActionButton id="consent-refuse" kind="plain" text={t('refuse')} isBusy={false} onClick={answer(false)} />
        <ActionButton id="consent-allow" kind="wechat" text={t('allow')} isBusy={false} onClick={answer(true)} />
      </div>
    </Sheet>
  )
}
