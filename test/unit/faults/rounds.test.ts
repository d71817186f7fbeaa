import { expect, test } from 'vitest'
import { roundsOf } from '../../faults/rounds.ts'

test('an hour is six rounds with seeds of their own, every third with npm start on its stage', () => {
  const rounds = roundsOf({ minutes: 60, seed: 7 })
  expect(rounds.map(({ seed }) => seed)).toEqual([7, 8, 9, 10, 11, 12])
  expect(rounds.flatMap(({ kind }, nth) => (kind === 'start' ? [nth + 1] : []))).toEqual([3, 6])
  expect(rounds.every(({ span }) => span !== 'each trouble' && 'seconds' in span && span.seconds === 600)).toBe(true)
})

test('fourteen minutes are two rounds of the same length', () => {
  const spans = roundsOf({ minutes: 14, seed: 1 }).map(({ span }) => span)
  expect(spans).toEqual([{ seconds: 420 }, { seconds: 420 }])
})

test('so many orders are one round, on the stage that is asked for', () => {
  expect(roundsOf({ minutes: 60, seed: 1, span: { orders: 60 }, kind: 'start' })).toEqual([
    { span: { orders: 60 }, kind: 'start', seed: 1 },
  ])
})
