import './find-screen.css'
import { useEffect } from 'preact/hooks'
import { instant } from '../../kit/figures.ts'
import { Panel, ViewHead } from '../../kit/parts/panel.tsx'
import type { By } from '../acts/act-button.tsx'
import type { Found } from '../api/types.ts'
import { NumberLink } from '../parts/number-link.tsx'
import { ViewOf } from '../parts/view-of.tsx'
import { t, textOr } from '../text.ts'
import type { Find } from './find.ts'
import { Sequence } from './sequence.tsx'
import { Standing } from './standing.tsx'

interface FindScreenProps {
  find: Find
  text: string
  by: By
}

/** What a number is about and what happened; or what a part of one may be about. */
export function FindScreen({ find, text, by }: FindScreenProps) {
  useEffect(() => {
    if (text !== '') void find.load(text)
  }, [find, text])
  if (text === '') return <HowToFind />
  return (
    <div class="find">
      <ViewHead title={text} />
      <ViewOf of={find}>
        {(result) =>
          'timeline' in result ? (
            <>
              <Standing timeline={result.timeline} by={by} onDone={() => void find.reload()} />
              <Sequence entries={result.timeline.entries} />
            </>
          ) : (
            <Results found={result.found} />
          )
        }
      </ViewOf>
    </div>
  )
}

function HowToFind() {
  return (
    <div class="find">
      <ViewHead title={t('view.find')} />
      <Panel title={t('findHow')}>
        <ul class="find-how">
          {(['findOrder', 'findPayment', 'findTransaction', 'findRefund', 'findOther', 'findPhone'] as const).map(
            (key) => (
              <li key={key}>{t(key)}</li>
            ),
          )}
        </ul>
      </Panel>
    </div>
  )
}

function Results({ found }: { found: readonly Found[] }) {
  return (
    <Panel id="results" title={t('results')} count={found.length}>
      {found.length === 0 ? (
        <p class="empty">{t('nothingFound')}</p>
      ) : (
        <ul class="results">
          {found.map((each) => (
            <li key={`${each.kind} ${each.number}`}>
              <span class="result-kind">{textOr(`found.${each.kind}`, each.kind)}</span>
              <NumberLink of={each.number} />
              <span>{each.title}</span>
              {each.at && <time class="dim">{instant(each.at)}</time>}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
