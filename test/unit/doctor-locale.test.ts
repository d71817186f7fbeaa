import { describe, expect, test } from 'vitest'
import { languageOfLocale } from '../../src/doctor/locale.ts'

describe('the language of a terminal', () => {
  test.for([
    [{ LANG: 'zh_CN.UTF-8' }, 'zh'],
    [{ LANG: 'zh' }, 'zh'],
    [{ LC_ALL: 'zh_TW.UTF-8', LANG: 'en_US.UTF-8' }, 'zh'],
    [{ LC_ALL: '', LC_MESSAGES: 'zh_CN', LANG: 'C' }, 'zh'],
    [{ LC_ALL: 'C.UTF-8', LANG: 'zh_CN.UTF-8' }, 'en'],
    [{ LC_MESSAGES: 'en_GB', LANG: 'zh_CN.UTF-8' }, 'en'],
    [{ LANG: 'C' }, 'en'],
    [{ LANG: 'zha' }, 'en'],
    [{}, 'en'],
  ] as const)('of %o is %s', ([env, language]) => {
    expect(languageOfLocale(env)).toBe(language)
  })
})
