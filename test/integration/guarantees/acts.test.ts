import { describe, expect, test } from '../../harness/sql.ts'

describe('what operators did', () => {
  test.for([`UPDATE operator_act SET reason = ''`, 'DELETE FROM operator_act', 'TRUNCATE operator_act'])(
    'refuses to change or delete acts: %s',
    async (text, { sql }) => {
      await sql.insert('operator_act', { id: text, operator: 'Li Lei', action: 'review accept' })
      await expect(sql.query(text)).rejects.toThrow(/rows of operator_act are kept/)
    },
  )
})
