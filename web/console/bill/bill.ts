import { dayOf } from '../../kit/figures.ts'
import { call } from '../api/api.ts'
import type { BillDay, BillDayDetail } from '../api/types.ts'
import { openLoaded } from '../parts/load.ts'

/** The month of a part of the address, `yyyy-mm` or `yyyy-mm-dd`; this one without. */
export function monthOf(part: string): string {
  return /^\d{4}-(0[1-9]|1[0-2])/.exec(part)?.[0] ?? dayOf(new Date()).slice(0, 7)
}

/** The day of a part of the address, if it names one. */
export function dayIn(part: string): string | undefined {
  return /^\d{4}-(0[1-9]|1[0-2])-\d\d$/.exec(part)?.[0]
}

/** WeChat's bills, month by month, and what our books say differently about a day. */
export function openBill() {
  const days = openLoaded<string, readonly BillDay[]>((month) =>
    call('billDays', { month }).then((data) => data.billDays),
  )
  const day = openLoaded<string, BillDayDetail | null>((of) =>
    call('billDay', { day: of }).then((data) => data.billDay),
  )
  return { days, day }
}

export type Bill = ReturnType<typeof openBill>
