import '../../kit/frame/head.css'
import { LanguageButton } from '../../kit/frame/language-button.tsx'
import { hrefOf } from '../route.ts'
import { t } from '../text.ts'

/** The head of the page: what it is, and in which language. */
export function Head() {
  return (
    <header class="head">
      <a class="brand" href={hrefOf('ledger')}>
        <span class="logo" lang="zh" aria-hidden="true">
          沙
        </span>
        {t('sandbox')} <span class="brand-part">{t('noRealMoney')}</span>
      </a>
      <div class="head-end">
        <LanguageButton text={t('language')} />
      </div>
    </header>
  )
}
