import { describe, expect, test } from 'vitest'
import { readRequestId } from '../../../src/wechat/signed-message.ts'

describe('the id of a request', () => {
  test.each(['08B7A3E0AC06100518F9B1F2AC0628B2E70B30A8F903-268573206', 'a_b.c-1', 'x'.repeat(64)])(
    'keeps %s',
    (given) => {
      expect(readRequestId({ 'request-id': given }, 'request-id')).toBe(given)
    },
  )

  test.each(['', 'a b', '{"level":"fatal"}', 'a\n', '13800138000 oUpF8u', 'x'.repeat(65), '订单'])(
    'ignores %j, which a stranger may have chosen',
    (given) => {
      expect(readRequestId({ 'request-id': given }, 'request-id')).toBeUndefined()
      expect(readRequestId({ 'x-request-id': given }, 'x-request-id')).toBeUndefined()
    },
  )

  test('ignores an id that is sent twice', () => {
    expect(readRequestId({ 'request-id': ['a', 'b'] }, 'request-id')).toBeUndefined()
  })
})
