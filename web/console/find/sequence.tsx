import './sequence.css'
import { dayOf, exactTime } from '../../kit/figures.ts'
import { Panel } from '../../kit/parts/panel.tsx'
import type { Entry } from '../api/types.ts'
import { t, textOr } from '../text.ts'
import { LANES, placeOf, wayOf } from './lanes.ts'

/** What happened, drawn as a sequence: from whom to whom, one below the other in the order of time. */
export function Sequence({ entries }: { entries: readonly Entry[] }) {
  return (
    <Panel id="timeline" title={t('timeline')} count={entries.length}>
      {entries.length === 0 ? <p class="empty">{t('noEntries')}</p> : <Rows entries={entries} />}
    </Panel>
  )
}

function Rows({ entries }: { entries: readonly Entry[] }) {
  return (
    <>
      <div class="lanes" aria-hidden="true">
        {LANES.map((lane) => (
          <span key={lane}>{t(`lane.${lane}`)}</span>
        ))}
      </div>
      <ol class="sequence">
        {entries.map((entry, index) => {
          const day = dayOf(entry.at)
          const isNewDay = index === 0 || dayOf(entries[index - 1]?.at ?? entry.at) !== day
          return (
            <li key={`${index} ${entry.at}`} class={`entry entry-${entry.kind}`}>
              {isNewDay && <p class="entry-day">{day}</p>}
              <time class="entry-time" dateTime={entry.at}>
                {exactTime(entry.at)}
              </time>
              <Way kind={entry.kind} />
              <p class="entry-text">
                <b class="entry-kind">{textOr(`entry.${entry.kind}`, entry.kind)}</b>{' '}
                <span lang="en">{entry.text}</span> <span class="number dim">{entry.number}</span>
              </p>
            </li>
          )
        })}
      </ol>
    </>
  )
}

/** An arrow from one line to another, or a dot on the line of our books. */
function Way({ kind }: { kind: string }) {
  const [from, to] = wayOf(kind)
  const [start, end] = [placeOf(from), placeOf(to)]
  const direction = Math.sign(end - start)
  const label = from === to ? t(`lane.${from}`) : t('fromTo', { from: t(`lane.${from}`), to: t(`lane.${to}`) })
  return (
    <div class="way">
      <svg role="img" aria-label={label}>
        {LANES.map((lane) => (
          <line key={lane} class="lifeline" x1={`${placeOf(lane)}%`} x2={`${placeOf(lane)}%`} y1="0" y2="100%" />
        ))}
        {direction === 0 ? (
          <circle class="way-dot" cx={`${start}%`} cy="13" r="5" />
        ) : (
          <>
            <line class="way-line" x1={`${start}%`} x2={`${end}%`} y1="13" y2="13" />
            <circle class="way-start" cx={`${start}%`} cy="13" r="3" />
            <svg x={`${end}%`} y="13" overflow="visible">
              <path class="way-head" d={direction > 0 ? 'M0 0L-9 -5V5Z' : 'M0 0L9 -5V5Z'} />
            </svg>
          </>
        )}
      </svg>
    </div>
  )
}
