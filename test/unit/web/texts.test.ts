import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { actTexts } from '../../../web/console/texts/acts.ts'
import { boardTexts } from '../../../web/console/texts/board.ts'
import { checkTexts } from '../../../web/console/texts/check.ts'
import { decideTexts } from '../../../web/console/texts/decide.ts'
import { eventTexts } from '../../../web/console/texts/events.ts'
import { findTexts } from '../../../web/console/texts/find.ts'
import { frameTexts } from '../../../web/console/texts/frame.ts'
import { stateTexts } from '../../../web/console/texts/states.ts'
import { texts } from '../../../web/console/texts/texts.ts'
import type { Text } from '../../../web/kit/text.ts'
import { byName } from '../sources.ts'

const CHINESE = /\p{Script=Han}/u

/** By the file that each is in. */
const tables: Record<string, Record<string, Text>> = {
  'acts.ts': actTexts,
  'board.ts': boardTexts,
  'check.ts': checkTexts,
  'decide.ts': decideTexts,
  'events.ts': eventTexts,
  'find.ts': findTexts,
  'frame.ts': frameTexts,
  'states.ts': stateTexts,
}

/** Those that are the same in both languages, or of the other one: the switch names the language that it leads to. */
const ALIKE = ['language', 'fromTo']

function placeholdersOf(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).toSorted(byName)
}

describe('the texts of the console', () => {
  test('are all known here, and each stands in one file', () => {
    const files = globSync('web/console/texts/*.ts').map((path) => basename(path))
    expect(files.toSorted(byName)).toEqual([...Object.keys(tables), 'texts.ts'].toSorted(byName))
    const keys = Object.values(tables).flatMap(Object.keys)
    expect(keys.toSorted(byName)).toEqual(Object.keys(texts).toSorted(byName))
  })

  test('are in Chinese and in English, about the same values', () => {
    const wrong = Object.entries<Text>(texts).filter(([key, [chinese, english]]) => {
      if (String(placeholdersOf(chinese)) !== String(placeholdersOf(english))) return true
      return !ALIKE.includes(key) && (!CHINESE.test(chinese) || CHINESE.test(english) || english === '')
    })
    expect(wrong).toEqual([])
  })
})
