import { dayOf } from '../../kit/figures.ts'
import type { Hour } from '../api/types.ts'

/** A bar of a plot: an hour, or a day in China. */
export interface Bar {
  /** When it begins; seconds, as uPlot has them. */
  at: number
  payments: number
  fen: number
  taps: number
}

/** A bar for each hour, or for each day. */
export function barsOf(hours: readonly Hour[], isByDay: boolean): Bar[] {
  if (!isByDay) return hours.map(({ at, payments, fen, taps }) => ({ at: Date.parse(at) / 1000, payments, fen, taps }))
  const days = new Map<string, Bar>()
  for (const { at, payments, fen, taps } of hours) {
    const day = dayOf(at)
    const bar = days.get(day) ?? { at: Date.parse(`${day}T00:00:00+08:00`) / 1000, payments: 0, fen: 0, taps: 0 }
    days.set(day, {
      at: bar.at,
      payments: bar.payments + payments,
      fen: bar.fen + fen,
      taps: bar.taps + taps,
    })
  }
  return [...days.values()]
}
