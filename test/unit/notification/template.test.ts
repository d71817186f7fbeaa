import { describe, expect, test } from 'vitest'
import { fillTemplate } from '../../../src/notification/template.ts'

const stay = { day: new Date('2030-12-04'), timeOfDay: '14:00' }

describe('a message template', () => {
  test('gets each value under its key, in their order', () => {
    const template = { id: 'tmpl', keys: ['thing7', 'character_string2'] }
    expect(fillTemplate(template, ['小院', 'HS1'])).toEqual({ thing7: '小院', character_string2: 'HS1' })
  })

  test('shows the time of day where its key is a time, and the day alone where it is a date', () => {
    const template = { id: 'tmpl', keys: ['time4', 'date2'] }
    expect(fillTemplate(template, [stay, stay])).toEqual({ time4: '2030年12月4日 14:00', date2: '2030年12月4日' })
  })

  test.for([
    [1, '0.01元'],
    [12_800, '128.00元'],
    [2_147_483_647, '21474836.47元'],
  ] as const)('shows %i fen as %s', ([totalFen, shown]) => {
    expect(fillTemplate({ id: 'tmpl', keys: ['amount2'] }, [{ totalFen }])).toEqual({ amount2: shown })
  })
})
