import './day.css'
import { count, instant, money } from '../../kit/figures.ts'
import { fullDayText } from '../../kit/format.ts'
import { locale } from '../../kit/language.ts'
import { Panel } from '../../kit/parts/panel.tsx'
import { ActButton, type By } from '../acts/act-button.tsx'
import type { BillDayDetail, Difference } from '../api/types.ts'
import { NumberLink } from '../parts/number-link.tsx'
import { Status } from '../parts/status.tsx'
import { t, textOr } from '../text.ts'

interface DayProps {
  /** `yyyy-mm-dd`. */
  day: string
  /** Null for a day that has no bill here. */
  detail: BillDayDetail | null
  by: By
  onDone: () => void
}

/** The bill of a day: how far it is, what differs, and its export. */
export function Day({ day, detail, by, onDone }: DayProps) {
  const status = detail?.day.status
  const isCompared = status === 'DONE' || status === 'EMPTY'
  return (
    <Panel id="day" title={fullDayText(day, locale())} aside={status && <Status of={status} />}>
      {detail ? <DayFacts detail={detail} /> : <p class="empty">{t('noBillDay')}</p>}
      <div class="row-buttons day-buttons">
        {isCompared &&
          (['csv', 'json'] as const).map((format) => (
            <a
              key={format}
              class="button"
              id={`export-${format}`}
              href={exportOf(day, format)}
              download={`bill-${day}.${format}`}
            >
              {t('exportAs', { format: format.toUpperCase() })}
            </a>
          ))}
        <ActButton act="billRepeat" values={{ day }} about={day} by={by} onDone={onDone} />
      </div>
      {detail && <Differences day={day} differences={detail.differences} by={by} onDone={onDone} />}
    </Panel>
  )
}

/** Where the server writes every line of a day, as it is read. */
function exportOf(day: string, format: 'csv' | 'json'): string {
  return `bill/${day}.${format}`
}

function DayFacts({ detail: { day, totals } }: { detail: BillDayDetail }) {
  const { lines, doneAt, nextTryAt, note } = day
  return (
    <>
      <p class="day-facts">
        <span>{t('linesCompared', { count: count(lines) })}</span>
        <span class="dim">
          {doneAt ? t('comparedAt', { at: instant(doneAt) }) : t('nextTryAt', { at: instant(nextTryAt) })}
        </span>
        {note && <span class="day-note">{note}</span>}
      </p>
      {lines > 0 && <Totals {...totals} />}
    </>
  )
}

function Totals({ payments, paymentsFen, refunds, refundsFen, feeFen, bookedFen }: BillDayDetail['totals']) {
  const sums: [string, number][] = [
    [t('totalPayments', { count: count(payments) }), paymentsFen],
    [t('totalRefunds', { count: count(refunds) }), refundsFen],
    [t('totalFee'), feeFen],
    [t('totalBooked'), bookedFen],
  ]
  return (
    <dl class="totals" aria-label={t('totals')}>
      {sums.map(([name, fen]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{money(fen)}</dd>
        </div>
      ))}
    </dl>
  )
}

interface DifferencesProps extends Pick<DayProps, 'day' | 'by' | 'onDone'> {
  differences: readonly Difference[]
}

function Differences({ differences, ...acting }: DifferencesProps) {
  if (differences.length === 0) return <p class="empty">{t('noDifferences')}</p>
  return (
    <>
      <h3 class="day-differences">{t('differences', { count: differences.length })}</h3>
      <ul id="differences">
        {differences.map((difference) => (
          <DifferenceRow
            key={`${difference.kind} ${difference.number} ${difference.class}`}
            difference={difference}
            {...acting}
          />
        ))}
      </ul>
    </>
  )
}

interface DifferenceRowProps extends Pick<DayProps, 'day' | 'by' | 'onDone'> {
  difference: Difference
}

function DifferenceRow({ difference, day, by, onDone }: DifferenceRowProps) {
  const { kind, number, outTradeNo, outRefundNo, atWechat, here, outcome } = difference
  return (
    <li class="difference">
      <div class="difference-head">
        <b>{textOr(`difference.${difference.class}`, difference.class)}</b>
        <Status of={outcome} />
        <span class="dim">{textOr(`billKind.${kind}`, kind)}</span>
        <NumberLink of={outRefundNo || outTradeNo || number} />
      </div>
      <dl class="difference-sides">
        <dt>{t('atWechat')}</dt>
        <dd>{atWechat || t('nothing')}</dd>
        <dt>{t('here')}</dt>
        <dd>{here || t('nothing')}</dd>
      </dl>
      {outcome === 'DECIDE' && (
        <ActButton act="billDismiss" values={{ day, number }} about={number} by={by} onDone={onDone} />
      )}
    </li>
  )
}
