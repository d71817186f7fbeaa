import './traffic.css'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { locale } from '../../kit/language.ts'
import { t } from '../text.ts'
import { RowView } from './row.tsx'
import { LANES, type Traffic } from './traffic.ts'

/** The list counts as scrolled to its end when no more than this is below. */
const END_PX = 60

/** What travels between guest, API, WeChat and host, as a growing sequence diagram. */
export function TrafficPanel({ traffic }: { traffic: Traffic }) {
  return (
    <>
      <div class="traffic-head">
        <h2>{t('traffic')}</h2>
        <p>{t('trafficLead')}</p>
        <button type="button" id="traffic-clear" onClick={() => traffic.clear()}>
          {t('clear')}
        </button>
      </div>
      <div class="lanes">
        {LANES.map((lane) => (
          <span key={lane} class={`lane from-${lane}`}>
            {t(lane)}
          </span>
        ))}
      </div>
      <TrafficList traffic={traffic} />
    </>
  )
}

function TrafficList({ traffic }: { traffic: Traffic }) {
  const { rows, autoScrolls, unseen } = traffic.state
  const list = useRef<HTMLOListElement>(null)
  // After every drawing: the list may be shown just now, and a hidden one can't scroll.
  useLayoutEffect(() => {
    if (autoScrolls && list.current) list.current.scrollTop = list.current.scrollHeight
  })
  const scrollToNewest = () => {
    traffic.setAutoScroll(true)
    // The button disappears, and the focus with it.
    list.current?.focus({ preventScroll: true })
  }
  const follow = (isOpen = false) => {
    const { current } = list
    if (!current) return
    const isAtEnd = current.scrollHeight - current.scrollTop - current.clientHeight < END_PX
    traffic.setAutoScroll(!isOpen && isAtEnd)
  }
  return (
    <>
      <ol
        ref={list}
        class="traffic-list"
        id="traffic-list"
        tabIndex={0}
        aria-label={t('trafficList')}
        data-empty={t('trafficEmpty')}
        onScroll={() => follow()}
      >
        {rows.map((row) => (
          <RowView key={row.key} row={row} locale={locale()} onToggle={follow} />
        ))}
      </ol>
      <button type="button" class="traffic-new" id="traffic-new" hidden={unseen === 0} onClick={scrollToNewest}>
        {t('trafficNew', { count: unseen })}
      </button>
    </>
  )
}
