import { repeatDay } from '../bill/days.ts'
import { type DifferencesOf, dismissDifferences } from '../bill/dismiss.ts'
import { formatDay } from '../infra/shanghai.ts'
import { change, type Desk, type Outcome, type Wish } from './desk.ts'
import { billActTexts } from './texts.ts'

/** Has a day compared with WeChat's bill again. @throws as {@link repeatDay}. */
export async function repeatBill(desk: Desk, day: Date, wish: Wish): Promise<Outcome> {
  const billOn = formatDay(day)
  await change(desk, wish, { action: 'bill', number: billOn }, (tx) => repeatDay(tx, day))
  return { result: { billOn }, sentences: [billActTexts.repeated(billOn)] }
}

/** Ends the differences of a day about a number, which a person has decided. @throws as {@link dismissDifferences}. */
export async function dismissBillDifferences(desk: Desk, about: DifferencesOf, wish: Wish): Promise<Outcome> {
  const billOn = formatDay(about.day)
  const { number } = about
  const action = { action: 'bill dismiss', number, detail: { billOn } }
  const dismissed = await change(desk, wish, action, (tx) => dismissDifferences(tx, about))
  const classes = dismissed.map((difference) => difference.class)
  const say = wish.dryRun ? billActTexts.wouldDismiss : billActTexts.dismissed
  return { result: { billOn, number, classes }, sentences: [say(billOn, classes.join(', '))] }
}
