import { openTexts } from '../kit/language.ts'
import { texts } from './texts/texts.ts'

export type TextKey = keyof typeof texts

/** The text in the page's language, and whether there is one. */
export const { t, hasText } = openTexts<TextKey>(texts)
