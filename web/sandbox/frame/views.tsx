import '../../kit/frame/views.css'
import { hrefOf, type Route, VIEWS } from '../route.ts'
import { t } from '../text.ts'

/** The views; at the bottom of a phone. */
export function Views({ view }: Pick<Route, 'view'>) {
  return (
    <nav class="views" aria-label={t('views')}>
      {VIEWS.map((each) => (
        <a key={each} href={hrefOf(each)} aria-current={each === view ? 'page' : undefined}>
          {t(`view.${each}`)}
        </a>
      ))}
    </nav>
  )
}
