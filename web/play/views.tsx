import './views.css'
import { useMedia } from '../kit/media.ts'
import { type TextKey, t } from './text.ts'
import { type Traffic, textOf } from './traffic/traffic.ts'

/** A part of the page. */
export type View = 'guest' | 'host' | 'trouble' | 'traffic'

/** From here on the phone stays in sight, and the other parts take turns beside it. */
const TWO_COLUMNS = '(width >= 820px)'

const texts: Record<View, TextKey> = { guest: 'guest', host: 'host', trouble: 'viewTrouble', traffic: 'traffic' }

/** What a screen shows that has no room for every part: `chosen`, or the messages where the guest's phone is anyway. */
export function useShown(chosen: View): View {
  const isPhoneBeside = useMedia(TWO_COLUMNS)
  return chosen === 'guest' && isPhoneBeside ? 'traffic' : chosen
}

interface ViewsProps {
  shown: View
  views: readonly View[]
  onChoice: (view: View) => void
}

/** Chooses the part that a narrow screen shows. */
export function Views({ shown, views, onChoice }: ViewsProps) {
  return (
    <nav class="views" aria-label={t('views')}>
      {views.map((view) => (
        <button
          key={view}
          type="button"
          data-view={view}
          aria-current={view === shown ? 'true' : undefined}
          onClick={() => onChoice(view)}
        >
          {t(texts[view])}
        </button>
      ))}
    </nav>
  )
}

/** The newest message, where the diagram is not in sight; leads there. */
export function Ticker({ traffic, onClick }: { traffic: Traffic; onClick: () => void }) {
  const { latest } = traffic.state
  const text = latest ? textOf(latest) : ''
  return (
    <button type="button" class="ticker" aria-label={t('ticker', { text: text || t('tickerNone') })} onClick={onClick}>
      <span id="ticker">{text}</span>
    </button>
  )
}
