import { repeatDay } from '../bill/days.ts'
import { formatDay } from '../infra/shanghai.ts'
import { change, type Desk, type Outcome, type Wish } from './desk.ts'
import { billActTexts } from './texts.ts'

/** Has a day compared with WeChat's bill again. @throws as {@link repeatDay}. */
export async function repeatBill(desk: Desk, day: Date, wish: Wish): Promise<Outcome> {
  const billOn = formatDay(day)
  await change(desk, wish, { action: 'bill', number: billOn }, (tx) => repeatDay(tx, day))
  return { result: { billOn }, sentences: [billActTexts.repeated(billOn)] }
}
