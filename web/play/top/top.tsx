import './top.css'
import { LanguageButton } from '../../kit/frame/language-button.tsx'
import { t } from '../text.ts'

/** What the page is, and where else to look. */
export function Top({ isSandbox }: { isSandbox: boolean }) {
  return (
    <header class="top">
      <h1>
        <span class="logo" lang="zh" aria-hidden="true">
          看
        </span>
        looklook-pay
      </h1>
      <p class="tagline">{t('tagline')}</p>
      {isSandbox && (
        <p class="sandbox-badge" id="sandbox-badge">
          <b>{t('sandboxBadge')}</b> <span>{t('noRealMoney')}</span>
        </p>
      )}
      <nav class="links" aria-label={t('links')}>
        <a href="/graphql">{t('graphiql')}</a>
        <a href="/readyz">{t('health')}</a>
        <LanguageButton text={t('language')} />
      </nav>
    </header>
  )
}
