import { describe, expect, test } from 'vitest'
import type { Text } from '../../../web/kit/text.ts'
import { clockTexts } from '../../../web/sandbox/texts/clock.ts'
import { faultTexts } from '../../../web/sandbox/texts/faults.ts'
import { frameTexts } from '../../../web/sandbox/texts/frame.ts'
import { ledgerTexts } from '../../../web/sandbox/texts/ledger.ts'
import { payTexts } from '../../../web/sandbox/texts/pay.ts'
import { requestTexts } from '../../../web/sandbox/texts/requests.ts'
import { byName } from '../sources.ts'

const CHINESE = /\p{Script=Han}/u

const tables: Record<string, Text>[] = [frameTexts, ledgerTexts, payTexts, faultTexts, clockTexts, requestTexts]

/** Those that are the same in both languages, or of the other one: the switch names the language that it leads to. */
const ALIKE = ['language', 'faultField.errcode', 'trade.JSAPI', 'trade.MWEB', 'trade.APP']

function placeholdersOf(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).toSorted(byName)
}

describe('the texts of the sandbox’s page', () => {
  test('each stands in one file, since a second one would hide it', () => {
    const keys = tables.flatMap(Object.keys)
    expect(keys.length).toBeGreaterThan(200)
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([])
  })

  test('are in Chinese and in English, about the same values', () => {
    const wrong = tables.flatMap(Object.entries<Text>).filter(([key, [chinese, english]]) => {
      if (String(placeholdersOf(chinese)) !== String(placeholdersOf(english))) return true
      return !ALIKE.includes(key) && (!CHINESE.test(chinese) || CHINESE.test(english) || english === '')
    })
    expect(wrong).toEqual([])
  })
})
