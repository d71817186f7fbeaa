import type { Language } from '../texts.ts'

/** The language of a terminal's messages, by the first of these variables that is set, as POSIX has it: `zh_CN.UTF-8`. */
export function languageOfLocale({ LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv): Language {
  return /^zh(?![a-z])/i.test(LC_ALL || LC_MESSAGES || LANG || '') ? 'zh' : 'en'
}
