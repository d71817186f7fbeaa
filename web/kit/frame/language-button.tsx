import { language, switchLanguage } from '../language.ts'

/** @param text the name of the other language, in that language. */
export function LanguageButton({ text }: { text: string }) {
  return (
    <button
      type="button"
      id="language"
      lang={language.state.language === 'en' ? 'zh-CN' : 'en'}
      onClick={switchLanguage}
    >
      {text}
    </button>
  )
}
