import { DomainError, InvalidInputError, SpokenError } from '../errors.ts'
import type { Text } from '../texts.ts'
import { MiniProgramError, WechatPayError } from '../wechat/errors.ts'

/** Why an act couldn't be done, for a person. */
export interface Failure {
  code: string
  text: Text
}

/** What was wrong with an act; undefined for what isn't expected. What WeChat says is passed on as it is. */
export function explainFailure(error: unknown): Failure | undefined {
  if (error instanceof InvalidInputError) {
    const say = (language: 'en' | 'zh') => error.fields.map(({ path, text }) => `${path} ${text[language]}`).join('\n')
    return { code: error.code, text: { en: say('en'), zh: say('zh') } }
  }
  if (error instanceof WechatPayError)
    return { code: 'WECHAT_REFUSED', text: inAnyLanguage([error.message, error.hint].filter(Boolean).join('\n')) }
  if (error instanceof MiniProgramError) return { code: 'WECHAT_REFUSED', text: inAnyLanguage(error.message) }
  if (error instanceof DomainError) return { code: error.code, text: error.text }
  return error instanceof SpokenError ? { code: 'REFUSED', text: error.text } : undefined
}

function inAnyLanguage(text: string): Text {
  return { en: text, zh: text }
}
