import { openTexts } from '../kit/language.ts'
import { clockTexts } from './texts/clock.ts'
import { faultTexts } from './texts/faults.ts'
import { frameTexts } from './texts/frame.ts'
import { ledgerTexts } from './texts/ledger.ts'
import { payTexts } from './texts/pay.ts'
import { requestTexts } from './texts/requests.ts'

const texts = {
  ...frameTexts,
  ...ledgerTexts,
  ...payTexts,
  ...faultTexts,
  ...clockTexts,
  ...requestTexts,
}

export type TextKey = keyof typeof texts

/** The text in the page's language, and whether there is one. */
export const { t, hasText, textOr } = openTexts<TextKey>(texts)
