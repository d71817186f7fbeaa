import './row.css'
import { useMemo } from 'preact/hooks'
import { t } from '../text.ts'
import { RowBody } from './row-body.tsx'
import { endOf, LANES, orderOf, type Row, say } from './traffic.ts'

interface RowProps {
  row: Row
  /** Of the page: a row's words follow it. */
  locale: string
  /** Called when the reader has opened or closed the row; the same function each time. */
  onToggle: (isOpen: boolean) => void
}

/** One arrow of the diagram, and the arrow back; opened, what both carried. Drawn again only when it has changed. */
export function RowView({ row, locale, onToggle }: RowProps) {
  return useMemo(() => draw(row, onToggle), [row, locale])
}

function draw(row: Row, onToggle: RowProps['onToggle']) {
  const { from, to, answered } = row
  const title = say(row.title)
  const note = say(answered?.note ?? row.note)
  const orderSn = orderOf(row)
  const about = orderSn ? ` ${t('trafficOrder', { end: endOf(orderSn) })}` : ''
  const [fromLane, toLane] = [LANES.indexOf(from), LANES.indexOf(to)]
  const left = Math.min(fromLane, toLane)
  const right = Math.max(fromLane, toLane)
  return (
    <li class={classesOf(row, fromLane, toLane)} style={{ '--left': left, '--span': right - left }}>
      <details onToggle={({ currentTarget }) => onToggle(currentTarget.open)}>
        <summary aria-label={`${t(from)} → ${t(to)}: ${title} ${note}${about}`}>
          <span class="row-text">
            <span class="row-title">{title}</span> <span class="row-note">{note}</span>{' '}
            {orderSn && <OrderTag orderSn={orderSn} />}
          </span>
          <span class="arrow there" aria-hidden="true" />
          {answered && <span class="arrow back" aria-hidden="true" />}
        </summary>
        <RowBody row={row} />
      </details>
    </li>
  )
}

/** Which order a row is about, by the end of its number. */
function OrderTag({ orderSn }: { orderSn: string }) {
  return (
    <span class="row-order" title={orderSn}>
      {t('trafficOrder', { end: endOf(orderSn) })}
    </span>
  )
}

function classesOf({ from, tone, answered }: Row, fromLane: number, toLane: number): string {
  const classes = [
    `row from-${from}`,
    tone && `tone-${tone}`,
    fromLane > toLane && 'leftward',
    fromLane + toLane > 3 && 'at-right',
    answered?.failed && 'failed',
    answered && 'answered',
  ]
  return classes.filter(Boolean).join(' ')
}
