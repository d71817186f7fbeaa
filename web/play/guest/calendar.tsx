import './calendar.css'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { addDays, daysFrom, fullDayText, monthText, weekday, yuan } from '../../kit/format.ts'
import { locale } from '../../kit/language.ts'
import type { Night } from '../api/types.ts'
import { stayLine } from '../stay-lines.ts'
import { t } from '../text.ts'

/** Some Monday. */
const MONDAY = '2026-01-05'
/** The week before or after, in a calendar whose rows are weeks. Left and right are the browser's own. */
const DAYS_BY_KEY: Partial<Record<string, number>> = { ArrowUp: -7, ArrowDown: 7 }

/** A month's name stays at the top of the calendar, over what is scrolled. */
const MONTH_NAME_PX = 26

interface CalendarProps {
  /** The nights that are shown: in order, without gaps. */
  offered: readonly Night[]
  arrival: string
  nights: number
  onArrival: (day: string) => void
}

/** The day of arrival, in a calendar that begins where the chosen one is in sight. Nights that are taken can't be chosen. */
export function Calendar({ offered, arrival, nights, onArrival }: CalendarProps) {
  const frame = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const chosen = frame.current?.querySelector<HTMLElement>('.day:has(:checked)')
    if (frame.current && chosen) frame.current.scrollTop = chosen.offsetTop - MONTH_NAME_PX
  }, [offered])
  const leaving = addDays(arrival, nights)
  const stay = new Set(daysFrom(arrival, leaving))
  return (
    <fieldset class="calendar">
      <legend>
        {t('arrival')}
        <small>{` ${stayLine(arrival, leaving)}`}</small>
      </legend>
      <div class="calendar-week" aria-hidden="true">
        {daysFrom(MONDAY, addDays(MONDAY, 7)).map((day) => (
          <span key={day}>{weekday(day, locale())}</span>
        ))}
      </div>
      <div class="calendar-months" ref={frame} onKeyDown={(event) => moveByWeek(event, offered, arrival)}>
        {[...byMonth(offered)].map(([month, days]) => (
          <div key={month} class="calendar-month">
            <p class="month-name" aria-hidden="true">
              {monthText(`${month}-01`, locale())}
            </p>
            <div class="calendar-days">
              {daysFrom(mondayBefore(days[0]?.date ?? MONDAY), days[0]?.date ?? MONDAY).map((day) => (
                <span key={day} />
              ))}
              {days.map((night) => (
                <Day
                  key={night.date}
                  night={night}
                  isChosen={night.date === arrival}
                  isInStay={stay.has(night.date)}
                  onChoice={() => onArrival(night.date)}
                />
              ))}
            </div>
          </div>
        ))}
      </div>
    </fieldset>
  )
}

function byMonth(offered: readonly Night[]): Map<string, Night[]> {
  const months = new Map<string, Night[]>()
  for (const night of offered) {
    const month = night.date.slice(0, 7)
    months.set(month, [...(months.get(month) ?? []), night])
  }
  return months
}

function mondayBefore(day: string): string {
  return addDays(day, -((new Date(day).getUTCDay() + 6) % 7))
}

/** Chooses the same day of the nearest week whose night is free. */
function moveByWeek(event: KeyboardEvent, offered: readonly Night[], arrival: string): void {
  const step = DAYS_BY_KEY[event.key]
  if (step === undefined) return
  event.preventDefault()
  const from = offered.findIndex(({ date }) => date === arrival)
  for (let index = from + step; index in offered; index += step) {
    const night = offered[index]
    if (!night?.free) continue
    const input = document.getElementById(`day-${night.date}`)
    input?.focus()
    return input?.click()
  }
}

interface DayProps {
  night: Night
  isChosen: boolean
  isInStay: boolean
  onChoice: () => void
}

function Day({ night: { date, free, homestayPrice }, isChosen, isInStay, onChoice }: DayProps) {
  const below = free ? yuan(homestayPrice) : t('booked')
  return (
    <label class={`day${isInStay ? ' in-stay' : ''}${free ? '' : ' taken'}`}>
      <input
        type="radio"
        name="arrival"
        id={`day-${date}`}
        value={date}
        aria-label={`${fullDayText(date, locale())}, ${below}`}
        checked={isChosen}
        disabled={!free}
        onChange={onChoice}
      />
      <span class="day-date">{date.slice(8).replace(/^0/, '')}</span>
      <span class="day-price">{below}</span>
    </label>
  )
}
