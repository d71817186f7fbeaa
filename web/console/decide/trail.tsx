import './trail.css'
import { instant } from '../../kit/figures.ts'
import { Panel } from '../../kit/parts/panel.tsx'
import type { OperatorAct } from '../api/types.ts'
import type { Loaded } from '../parts/load.ts'
import { NumberLink } from '../parts/number-link.tsx'
import { ViewOf } from '../parts/view-of.tsx'
import { t } from '../text.ts'

/** Who did what lately, and why; the newest first. */
export function Trail({ trail }: { trail: Loaded<undefined, readonly OperatorAct[]> }) {
  return (
    <Panel id="trail" title={t('trail')}>
      <ViewOf of={trail}>
        {(acts) => (acts.length === 0 ? <p class="empty">{t('noActs')}</p> : <Acts acts={acts} />)}
      </ViewOf>
    </Panel>
  )
}

function Acts({ acts }: { acts: readonly OperatorAct[] }) {
  return (
    <ol class="trail" tabIndex={0} aria-label={t('trail')}>
      {acts.map(({ id, at, operator, via, action, number, reason }) => (
        <li key={id}>
          <time class="dim">{instant(at)}</time>
          <span>
            <b>{operator}</b> {via && <span class="dim">{t(`via.${via}`)}</span>}
          </span>
          <span lang="en">{action}</span>
          {/\d/.test(number) ? <NumberLink of={number} /> : number && <span>{number}</span>}
          {reason && <span class="trail-reason">“{reason}”</span>}
        </li>
      ))}
    </ol>
  )
}
