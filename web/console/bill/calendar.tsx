import './calendar.css'
import { addMonths } from '../../kit/figures.ts'
import { addDays, daysFrom, fullDayText, weekday } from '../../kit/format.ts'
import { locale } from '../../kit/language.ts'
import type { BillDay } from '../api/types.ts'
import { hrefOf } from '../route.ts'
import { t, textOr } from '../text.ts'

interface CalendarProps {
  /** `yyyy-mm`. */
  month: string
  days: readonly BillDay[]
  chosen: string | undefined
}

/** A day on which a week begins. */
const MONDAY = '2024-01-01'
/** Where a word has no room. */
const SIGNS = { DONE: '✓', EMPTY: '–', DUE: '…', MISSING: '?' } as const
const WEEK = daysFrom(MONDAY, addDays(MONDAY, 7))

/** A month, week by week; each day says in a word how its bill stands, and leads to it. */
export function Calendar({ month, days, chosen }: CalendarProps) {
  const byDay = new Map(days.map((day) => [day.billOn, day]))
  return (
    <>
      <div class="weekdays" aria-hidden="true">
        {WEEK.map((day) => (
          <span key={day}>{weekday(day, locale())}</span>
        ))}
      </div>
      <ol class="calendar" id="calendar">
        {Array.from({ length: daysBefore(month) }, (_, index) => (
          <li key={index} aria-hidden="true" />
        ))}
        {daysFrom(`${month}-01`, `${addMonths(month, 1)}-01`).map((day) => (
          <li key={day}>
            <DayCell day={day} bill={byDay.get(day)} isChosen={day === chosen} />
          </li>
        ))}
      </ol>
    </>
  )
}

function DayCell({ day, bill, isChosen }: { day: string; bill: BillDay | undefined; isChosen: boolean }) {
  const number = Number(day.slice(8))
  if (!bill) {
    return (
      <span class="day day-none">
        <span class="day-number">{number}</span>
      </span>
    )
  }
  const open = bill.open
  const tone = open > 0 ? 'OPEN' : bill.status
  const word = textOr(`bill.${bill.status}`, bill.status)
  return (
    <a class={`day day-${tone}`} href={hrefOf('bill', day)} aria-current={isChosen ? 'date' : undefined}>
      <span class="unseen">
        {[fullDayText(day, locale()), word, open > 0 && t('openCount', { count: open })].filter(Boolean).join(' · ')}
      </span>
      <span class="day-number" aria-hidden="true">
        {number}
      </span>
      <span class="day-word" aria-hidden="true">
        {open > 0 ? t('openShort', { count: open }) : word}
      </span>
      <span class="day-sign" aria-hidden="true">
        {open > 0 ? `${open} !` : SIGNS[bill.status]}
      </span>
    </a>
  )
}

/** How many days of its first week belong to the month before. */
function daysBefore(month: string): number {
  return (new Date(`${month}-01T00:00:00Z`).getUTCDay() + 6) % 7
}
