import { dayText, nightsBetween } from '../kit/format.ts'
import { locale } from '../kit/language.ts'
import { t } from './text.ts'

/** `2 nights · Aug 1 to Aug 3`. */
export function stayLine(from: string, to: string, nights = nightsBetween(from, to)): string {
  const days = { nights, from: dayText(from, locale()), to: dayText(to, locale()) }
  return nights === 1 ? t('stayLineOne', days) : t('stayLine', days)
}

export function stayOf({ liveStartDate, liveEndDate }: { liveStartDate: string; liveEndDate: string }): string {
  return stayLine(liveStartDate, liveEndDate)
}

export function guestsLine(count: number): string {
  return count === 1 ? t('guestsLineOne') : t('guestsLine', { count })
}
