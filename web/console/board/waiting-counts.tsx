import './waiting-counts.css'
import { count } from '../../kit/figures.ts'
import { Panel } from '../../kit/parts/panel.tsx'
import type { Board } from '../api/types.ts'
import { WAITING_KINDS } from '../decide/kinds.ts'
import { hrefOf } from '../route.ts'
import { t } from '../text.ts'

/** How much of each kind waits for a person; each leads to where it is decided. */
export function WaitingCounts({ waiting }: { waiting: Board['waiting'] }) {
  return (
    <Panel id="waiting-counts" title={t('waitsForPerson')}>
      <ul class="waiting-counts">
        {WAITING_KINDS.map(({ kind, view }) => (
          <li key={kind} class={waiting[kind].length > 0 ? 'waiting-some' : 'dim'}>
            <a href={hrefOf(view)}>{t(`waiting.${kind}`)}</a>
            <b>{count(waiting[kind].length)}</b>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
