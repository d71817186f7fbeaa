import { openTexts } from '../kit/language.ts'
import { texts } from './texts/texts.ts'

export type TextKey = keyof typeof texts

/** The text in the page's language; the latter where there may be none. */
export const { t, textOr } = openTexts<TextKey>(texts)
