import { describe, expect, test } from 'vitest'
import { readLanguage } from '../../../src/http/language.ts'

describe('the language that a client asks for', () => {
  test.for([
    'zh',
    'zh-CN',
    'zh_CN',
    'zh-Hant-TW',
    'ZH-cn',
    'zh-CN,zh;q=0.9,en;q=0.8',
    'en;q=0.5, zh;q=0.8',
    'en;q=0.5 , zh ; q=0.8',
    'fr, zh;q=0.1',
    'zh, en',
    'zh;q=0.5, en;q=0.5',
    'zh;q=0, zh-CN',
    '*, zh',
    '*;q=0.1, zh;q=0.2',
    'nonsense;q=7, zh',
    'en;q=nonsense, zh;q=0.1',
  ])('is Chinese: %s', (accepted) => {
    expect(readLanguage(accepted)).toBe('zh')
    expect(readLanguage(accepted), 'again').toBe('zh')
  })

  test.for([
    'en',
    'en-US,en;q=0.9,zh-CN;q=0.8',
    'en, zh',
    'fr',
    'fr, en;q=0.5, zh;q=0.4',
    '*',
    '*;q=0.5, zh;q=0.2',
    'zh;q=0',
    'zh;q=0.0, fr',
    'zhuang',
    'zh;q=2',
    'zh;q=-1',
    '',
    ' ',
    ',;,',
    undefined,
    null,
    7,
    ['zh'],
    { zh: 1 },
    `zh${' '.repeat(300)}`,
  ])('is English: %s', (accepted) => {
    expect(readLanguage(accepted)).toBe('en')
    expect(readLanguage(accepted), 'again').toBe('en')
  })

  test('is read right however many ask differently', () => {
    for (let index = 0; index < 3_000; index++) {
      const region = index.toString(36)
      expect(readLanguage(`zh-${region}`)).toBe('zh')
      expect(readLanguage(`en-${region}`)).toBe('en')
    }
  })
})
