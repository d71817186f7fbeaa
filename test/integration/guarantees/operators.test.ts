import { describe, expect, test } from '../../harness/sql.ts'

describe('operators', () => {
  test('have a name that nobody else has, until they are revoked', async ({ sql }) => {
    const add = (id: string) => sql.insert('operator', { id, name: 'Li Lei', role: 'OPERATOR' })
    await add('1')
    await expect(add('2')).rejects.toThrow(/operator_name/)
    await sql.query(`UPDATE operator SET "revokedAt" = now() WHERE id = '1'`)
    await add('2')
  })

  test('aren’t deleted while the trail names them', async ({ sql }) => {
    await sql.insert('operator', { id: '4', name: 'Jim Green', role: 'OPERATOR' })
    await sql.insert('operator_act', {
      id: '4',
      operator: 'Jim Green',
      operatorId: '4',
      via: 'CONSOLE',
      action: 'sign in',
    })
    await expect(sql.query(`DELETE FROM operator WHERE id = '4'`)).rejects.toThrow(/operator_act_operatorId_fkey/)
  })

  test('aren’t deleted while a link or a session of theirs is kept', async ({ sql }) => {
    await sql.insert('operator', { id: '3', name: 'Han Meimei', role: 'OPERATOR' })
    await sql.insert('operator_session', { tokenHash: 'a', operatorId: '3', expiresAt: new Date() })
    await expect(sql.query(`DELETE FROM operator WHERE id = '3'`)).rejects.toThrow(/operator_session_operatorId_fkey/)
  })
})
