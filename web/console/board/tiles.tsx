import './tiles.css'
import { count, money, percent, seconds } from '../../kit/figures.ts'
import type { Board } from '../api/types.ts'
import { t } from '../text.ts'

/** The numbers of today. */
export function Tiles({ board }: { board: Board }) {
  const { todayPayments, todayFen, todayTaps, tapToPaid } = board
  const share = percent(todayPayments, todayTaps)
  return (
    <dl class="tiles">
      <Tile id="today-fen" name={t('todayMoney')} value={money(todayFen)} />
      <Tile id="today-payments" name={t('todayPayments')} value={count(todayPayments)} />
      <Tile id="today-taps" name={t('todayTaps')} value={count(todayTaps)} note={share && t('ofThemPaid', { share })} />
      <Tile
        id="tap-to-paid"
        name={t('tapToPaid')}
        value={spoken(tapToPaid.p50)}
        note={tapToPaid.p95 === null ? undefined : t('p95', { time: seconds(tapToPaid.p95) })}
      />
    </dl>
  )
}

function spoken(value: number | null): string {
  return value === null ? '–' : seconds(value)
}

interface TileProps {
  id: string
  name: string
  value: string
  note?: string | undefined
}

function Tile({ id, name, value, note }: TileProps) {
  return (
    <div class="tile" id={id}>
      <dt>{name}</dt>
      <dd class="tile-value">{value}</dd>
      {note && <dd class="dim">{note}</dd>}
    </div>
  )
}
