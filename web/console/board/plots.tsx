import './plots.css'
import { useMemo } from 'preact/hooks'
import { count, dayOf, money, timeOf } from '../../kit/figures.ts'
import { locale } from '../../kit/language.ts'
import { Panel } from '../../kit/parts/panel.tsx'
import type { Hour } from '../api/types.ts'
import { ViewOf } from '../parts/view-of.tsx'
import { t } from '../text.ts'
import { type BoardView, SPAN_HOURS, type Span } from './board.ts'
import type { PlotInput } from './draw-plot.ts'
import { Plot } from './plot.tsx'
import { type Bar, barsOf } from './series.ts'

const HOUR_SECONDS = 3600
const spans = Object.keys(SPAN_HOURS) as Span[]

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

interface Steps {
  /** Whether a bar is a day, and not an hour. */
  isByDay: boolean
  /** Whether a tick of the axis is an hour, and not a day. */
  isByHour: boolean
}

function inputsOf(bars: Bar[], steps: Steps): { money: PlotInput; taps: PlotInput } {
  const times = { at: bars.map(({ at }) => at), ...timesOf(steps) }
  const fen = { name: t('money'), colour: '--plot-money', values: bars.map((bar) => bar.fen), text: money }
  const payments = { name: t('payments'), colour: '--plot-payments', values: bars.map((bar) => bar.payments) }
  const taps = { name: t('taps'), colour: '--plot-taps', values: bars.map((bar) => bar.taps) }
  return {
    money: { ...times, lines: [fen], tickText: (value) => short(value / 100) },
    taps: { ...times, lines: [payments, taps].map((line) => ({ ...line, text: count })), tickText: short },
  }
}

function timesOf({ isByDay, isByHour }: Steps): Pick<PlotInput, 'timeName' | 'dateText' | 'tickDate' | 'tickEvery'> {
  const every = isByHour ? [1, 2, 3, 6] : [24, 48, 96, 168]
  return {
    timeName: t('time'),
    dateText: (date) => (isByDay ? dayText(date) : `${dayText(date)} ${hourText(date)}`),
    tickDate: isByHour ? hourText : dayText,
    tickEvery: every.map((hours) => hours * HOUR_SECONDS),
  }
}

const dayText = (date: Date) => dayOf(date).slice(5)
const hourText = (date: Date) => timeOf(date).slice(0, 5)

/** `12.5k`: an axis has little room. */
function short(value: number): string {
  if (!Number.isInteger(value) && value < 10) return ''
  return value.toLocaleString('en', { notation: 'compact', maximumFractionDigits: 1 })
}
