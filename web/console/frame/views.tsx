import '../../kit/frame/views.css'
import { useStores } from '../../kit/store.ts'
import type { Board } from '../api/types.ts'
import { WAITING_KINDS, type WaitingKind } from '../decide/kinds.ts'
import type { Loaded } from '../parts/load.ts'
import { hrefOf, VIEWS, type View } from '../route.ts'
import { t } from '../text.ts'

interface ViewsProps {
  view: View
  board: Loaded<undefined, Board>
}

/** The views, each with how much waits in it for a person; at the bottom of a phone. */
export function Views({ view, board }: ViewsProps) {
  useStores(board)
  const countOf = (of: View) =>
    WAITING_KINDS.filter((each) => each.view === of).reduce((sum, { kind }) => sum + waitingOf(kind), 0)
  const waitingOf = (kind: WaitingKind) => board.state.value?.waiting[kind].length ?? 0
  return (
    <nav class="views" aria-label={t('views')}>
      {VIEWS.map((each) => (
        <a key={each} href={hrefOf(each)} aria-current={each === view ? 'page' : undefined}>
          {t(`view.${each}`)}
          {countOf(each) > 0 && (
            <span class="views-count">
              {countOf(each)}
              <span class="unseen"> {t('wait')}</span>
            </span>
          )}
        </a>
      ))}
    </nav>
  )
}
