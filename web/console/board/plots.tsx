import './plots.css'
import { useMemo } from 'preact/hooks'
import { locale } from '../../kit/language.ts'
import type { Hour } from '../api/types.ts'
import { count, dayOf, money, timeOf } from '../format.ts'
import { Panel } from '../parts/panel.tsx'
import { ViewOf } from '../parts/view-of.tsx'
import { t } from '../text.ts'
import { type BoardView, SPANS, type Span } from './board.ts'
import type { PlotInput } from './draw-plot.ts'
import { Plot } from './plot.tsx'
import { type Bar, barsOf } from './series.ts'

/** In seconds. */
const HOUR = 3600
const spans = Object.keys(SPANS) as Span[]

/** What was collected, and how many taps and payments there were, over hours or days. */
export function Plots({ board }: { board: BoardView }) {
  const { span } = board.state
  return (
    <Panel id="plots" title={t('history')} aside={<SpanChoice span={span} onChoice={board.choose} />}>
      <ViewOf of={board.hours}>{(hours) => <Both hours={hours} span={span} />}</ViewOf>
    </Panel>
  )
}

function SpanChoice({ span, onChoice }: { span: Span; onChoice: (span: Span) => void }) {
  return (
    <fieldset class="spans">
      <legend class="unseen">{t('span')}</legend>
      {spans.map((each) => (
        <button key={each} type="button" aria-pressed={each === span ? 'true' : 'false'} onClick={() => onChoice(each)}>
          {t(`span.${each}`)}
        </button>
      ))}
    </fieldset>
  )
}

function Both({ hours, span }: { hours: readonly Hour[]; span: Span }) {
  const isByDay = span === 'month'
  const plots = useMemo(
    () => inputsOf(barsOf(hours, isByDay), { isByDay, isByHour: span === 'day' }),
    [hours, span, locale()],
  )
  return (
    <>
      <h3 class="plot-name">{t('plotMoney')}</h3>
      <Plot name={t('plotMoney')} input={plots.money} />
      <h3 class="plot-name">{t('plotTaps')}</h3>
      <Plot name={t('plotTaps')} input={plots.taps} />
    </>
  )
}

function inputsOf(
  bars: Bar[],
  { isByDay, isByHour }: { isByDay: boolean; isByHour: boolean },
): { money: PlotInput; taps: PlotInput } {
  const at = bars.map((bar) => bar.at)
  const dateText = (date: Date) =>
    isByDay ? dayOf(date).slice(5) : `${dayOf(date).slice(5)} ${timeOf(date).slice(0, 5)}`
  const ticks = isByHour
    ? { tickDate: (date: Date) => timeOf(date).slice(0, 5), tickEvery: [1, 2, 3, 6].map((hours) => hours * HOUR) }
    : { tickDate: (date: Date) => dayOf(date).slice(5), tickEvery: [1, 2, 4, 7].map((days) => days * 24 * HOUR) }
  const times = { timeName: t('time'), dateText, ...ticks }
  const line = (name: string, colour: string, values: number[]) => ({ name, colour, values, text: count })
  const fen = {
    ...line(
      t('money'),
      '--plot-money',
      bars.map((bar) => bar.fen),
    ),
    text: money,
  }
  const payments = line(
    t('payments'),
    '--plot-payments',
    bars.map((bar) => bar.payments),
  )
  const taps = line(
    t('taps'),
    '--plot-taps',
    bars.map((bar) => bar.taps),
  )
  return {
    money: { at, lines: [fen], ...times, tickText: (value) => short(value / 100) },
    taps: { at, lines: [payments, taps], ...times, tickText: short },
  }
}

/** `12.5k`: an axis has little room. */
function short(value: number): string {
  if (!Number.isInteger(value) && value < 10) return ''
  return value.toLocaleString('en', { notation: 'compact', maximumFractionDigits: 1 })
}
