import { expect, test } from 'vitest'
import { sources } from '../sources.ts'

/** Ends the session that it is called with: whoever repeats it has to sign in first, which is counted. */
const UNCOUNTED = ['logout']

/** Guests' API: the console is for the few who are let in. */
const ofGuests = sources.filter(({ folder }) => folder !== 'console')

test('every mutation but logout counts itself against a rate before its work', () => {
  const blocks = ofGuests.flatMap(({ code }) => code.split('builder.mutationField(').slice(1))
  const mutations = blocks.map((block) => ({ name: /^'(\w+)'/.exec(block)?.[1], code: block }))
  expect(mutations.length).toBeGreaterThanOrEqual(8)
  const uncounted = mutations.filter(({ code }) => !/await (ctx\.)?rates\.count\(/.test(code)).map(({ name }) => name)
  expect(uncounted).toEqual(UNCOUNTED)
})
