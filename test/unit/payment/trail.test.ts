import { describe, expect, test } from 'vitest'
import { readTrail } from '../../harness/trail.ts'

const at = new Date('2026-11-27T00:00:00Z')
const made = { source: 'WX_PAY', at, detail: { orderSn: 'HO1' } } as const
const paid = { source: 'NOTICE', at, detail: { wechat: { amount: { total: 12_800 } } } } as const
const closed = { source: 'CLOSE', at, detail: { prepayId: null } } as const
const opened = (number: string, refundTotal: number) =>
  ({ source: 'REFUND', at, detail: { opened: number, cause: 'GUEST', refundTotal } }) as const
const refund = (number: string, status: string, refundFen: number) =>
  ({ source: 'QUERY', at, detail: { out_refund_no: number, status, amount: { refund: refundFen } } }) as const

describe('a payment’s trail', () => {
  test.each([
    ['made', [made], 'PENDING'],
    ['closed', [made, closed], 'CLOSED'],
    ['paid', [made, paid], 'SUCCESS'],
    ['paid late', [made, closed, paid], 'SUCCESS'],
    ['being refunded', [made, paid, opened('RE1', 12_800)], 'REFUNDING'],
    ['refunded', [made, paid, opened('RE1', 12_800), refund('RE1', 'SUCCESS', 12_800)], 'REFUNDED'],
    ['not refunded', [made, paid, opened('RE1', 12_800), refund('RE1', 'CLOSED', 12_800)], 'SUCCESS'],
    ['refunded in part', [made, paid, refund('M1', 'SUCCESS', 800)], 'SUCCESS'],
  ] as const)('says of one that was %s what its status is', (_what, events, status) => {
    expect(readTrail([...events]).status).toBe(status)
  })

  test('counts no money of a mismatch', () => {
    const mismatch = { ...paid, detail: { ...paid.detail, mismatch: 'PAYER' } }
    expect(readTrail([made, mismatch])).toEqual({ status: 'PENDING', paidTotal: null, refundedTotal: 0 })
  })

  test('knows that a manual refund closes one of more than it leaves', () => {
    const events = [made, paid, opened('RE1', 12_800), refund('M1', 'SUCCESS', 800)]
    expect(readTrail(events)).toEqual({ status: 'SUCCESS', paidTotal: 12_800, refundedTotal: 800 })
  })
})
