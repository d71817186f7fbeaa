import { openTexts } from '../kit/language.ts'
import { failureTexts } from './texts/failures.ts'
import { guestTexts } from './texts/guest.ts'
import { hostTexts } from './texts/host.ts'
import { messageTexts } from './texts/messages.ts'
import { pageTexts } from './texts/page.ts'
import { trafficTexts } from './texts/traffic.ts'
import { troubleTexts } from './texts/trouble.ts'

const texts = {
  ...pageTexts,
  ...guestTexts,
  ...messageTexts,
  ...hostTexts,
  ...trafficTexts,
  ...troubleTexts,
  ...failureTexts,
}

export type TextKey = keyof typeof texts

/** The text in the page's language, and whether there is one. */
export const { t, textOr } = openTexts<TextKey>(texts)

/** What went wrong: an error type of the API, a top-level error, or a refusal of WeChat. */
export interface Failure {
  code: string
  message?: string
  retryable?: boolean
  /** Under which the server's log has it. */
  requestId?: string | undefined
}

/** The text that tells a user about a failure. */
export function failureText({ code, message, retryable }: Failure): string {
  if (retryable === false) return t('wechatRefuses')
  if (code === 'UNREACHABLE') return t('unreachable')
  return textOr(code, message || code)
}
