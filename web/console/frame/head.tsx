import '../../kit/frame/head.css'
import { LanguageButton } from '../../kit/frame/language-button.tsx'
import type { Me } from '../api/types.ts'
import { hrefOf, type Router } from '../route.ts'
import type { Session } from '../session/session.ts'
import { t } from '../text.ts'
import { SearchBox } from './search-box.tsx'

/** The head of the page: what it is, the box for any number, who is signed in. */
export function Head({ me, session, route }: { me?: Me; session?: Session; route?: Router }) {
  return (
    <header class="head">
      <a class="brand" href={hrefOf('board')}>
        <span class="logo" lang="zh" aria-hidden="true">
          看
        </span>
        <span class="brand-name">looklook-pay</span> <span class="brand-part">{t('console')}</span>
      </a>
      {route && <SearchBox route={route} />}
      <div class="head-end">
        {me && (
          <p class="who" id="who">
            {me.name} <span class="who-role">{t(`role.${me.role}`)}</span>
          </p>
        )}
        {session && (
          <button type="button" id="sign-out" onClick={() => void session.signOut()}>
            {t('signOut')}
          </button>
        )}
        <LanguageButton text={t('language')} />
      </div>
    </header>
  )
}
