import { texts } from './texts.js'

const stored = localStorage.getItem('language')
let language = stored ?? (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en')
const listeners = []

/** The text in the page's language. */
export function t(key, values = {}) {
  if (!hasText(key)) reportError(new Error(`There is no text called ${key}`))
  const text = texts[key]?.[language === 'zh' ? 0 : 1] ?? key
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''))
}

/** Whether there is a text with this key; a value without one is shown as it is. */
export function hasText(key) {
  return key in texts
}

/** The text that tells a user about a failure. */
export function failureText({ code, message, retryable }) {
  if (retryable === false) return t('wechatRefuses')
  if (code === 'UNREACHABLE') return t('unreachable')
  return (hasText(code) && t(code)) || message || code
}

/** For `lang` and Intl. */
export function locale() {
  return language === 'zh' ? 'zh-CN' : 'en'
}

export function switchLanguage() {
  language = language === 'zh' ? 'en' : 'zh'
  localStorage.setItem('language', language)
  for (const listener of listeners) listener()
}

export function onLanguage(listener) {
  listeners.push(listener)
}
