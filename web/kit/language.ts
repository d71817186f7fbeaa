import { openStore } from './store.ts'
import type { Text } from './text.ts'

type Language = 'zh' | 'en'

const NAME = 'language'
const stored = localStorage.getItem(NAME)

/** The language of every page of this server, remembered by the browser; at first the browser's own. */
export const language = openStore<{ language: Language }>({
  language:
    stored === 'zh' || stored === 'en' ? stored : navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en',
})

/** For `lang` and Intl. */
export function locale(): string {
  return language.state.language === 'zh' ? 'zh-CN' : 'en'
}

export function switchLanguage(): void {
  const next = language.state.language === 'zh' ? 'en' : 'zh'
  localStorage.setItem(NAME, next)
  language.change({ language: next })
}

/** A page's texts by their keys, in the language that is set. */
export function openTexts<Key extends string>(texts: Readonly<Record<Key, Text>>) {
  /** Whether there is a text with this key. */
  const hasText = (key: string): key is Key => Object.hasOwn(texts, key)
  const t = (key: Key, values: Record<string, string | number> = {}): string => {
    const text = texts[key][language.state.language === 'zh' ? 0 : 1]
    return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
  }
  /** The text with this key, where there is one: a word of the server without one is shown as it is. */
  const textOr = (key: string, otherwise: string): string => (hasText(key) ? t(key) : otherwise)
  return { t, hasText, textOr }
}
