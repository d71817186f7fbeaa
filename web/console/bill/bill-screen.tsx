import './bill-screen.css'
import { useEffect } from 'preact/hooks'
import { addMonths, dayOf } from '../../kit/figures.ts'
import { monthText } from '../../kit/format.ts'
import { locale } from '../../kit/language.ts'
import { ViewHead } from '../../kit/parts/panel.tsx'
import type { By } from '../acts/act-button.tsx'
import { ViewerNote } from '../decide/viewer-note.tsx'
import { ViewOf } from '../parts/view-of.tsx'
import { hrefOf } from '../route.ts'
import { t } from '../text.ts'
import { type Bill, dayIn, monthOf } from './bill.ts'
import { Calendar } from './calendar.tsx'
import { Day } from './day.tsx'

interface BillScreenProps {
  bill: Bill
  /** A month or a day. */
  part: string
  by: By
}

/** The days of a month with what became of their bills, and the day that was chosen. */
export function BillScreen({ bill, part, by }: BillScreenProps) {
  const [month, day] = [monthOf(part), dayIn(part)]
  useEffect(() => void bill.days.load(month), [bill, month])
  useEffect(() => {
    if (day !== undefined) void bill.day.load(day)
  }, [bill, day])
  const reload = () => {
    void bill.days.reload()
    void bill.day.reload()
  }
  return (
    <div class="bill">
      <ViewHead title={t('view.bill')}>
        <Months month={month} />
      </ViewHead>
      <ViewerNote by={by} />
      <div class="bill-parts">
        <section class="panel" aria-label={t('calendar')}>
          <ViewOf of={bill.days}>{(days) => <Calendar month={month} days={days} chosen={day} />}</ViewOf>
        </section>
        {day === undefined ? (
          <p class="empty bill-choose">{t('chooseDay')}</p>
        ) : (
          <ViewOf of={bill.day}>{(detail) => <Day day={day} detail={detail} by={by} onDone={reload} />}</ViewOf>
        )}
      </div>
    </div>
  )
}

function Months({ month }: { month: string }) {
  const isThisMonth = month >= dayOf(new Date()).slice(0, 7)
  return (
    <nav class="months" aria-label={t('month')}>
      <a class="button" id="month-before" href={hrefOf('bill', addMonths(month, -1))} aria-label={t('monthBefore')}>
        ‹
      </a>
      <b id="month">{monthText(`${month}-01`, locale())}</b>
      {isThisMonth ? (
        <span class="button button-none" aria-hidden="true">
          ›
        </span>
      ) : (
        <a class="button" id="month-after" href={hrefOf('bill', addMonths(month, 1))} aria-label={t('monthAfter')}>
          ›
        </a>
      )}
    </nav>
  )
}
