import {
  aPayment,
  aRefund,
  describe,
  expect,
  insertStay,
  paidFacts,
  type Row,
  type Sql,
  test,
  whileUncommitted,
} from '../../harness/sql.ts'

const AT = new Date('2030-05-01T00:00:00Z')

async function givenPaid(sql: Sql): Promise<string> {
  const stay = await insertStay(sql)
  const { sn } = await sql.insert('payment', aPayment(stay, stay.userId, paidFacts()))
  return sn as string
}

const succeeded = (refundTotal: number): Row => ({ refundTotal, status: 'SUCCESS', endedAt: AT })

/** Records a successful refund of `refundTotal` fen, as our code would. */
async function insertRefunded(sql: Sql, paymentSn: string, refundTotal: number): Promise<void> {
  await sql.query('BEGIN')
  try {
    await sql.insert('refund', aRefund(paymentSn, succeeded(refundTotal)))
    await sql.query(
      `UPDATE payment SET version = version + 1, "refundedTotal" = "refundedTotal" + $2,
        status = CASE WHEN "refundedTotal" + $2 = "paidTotal" THEN 'REFUNDED' ELSE 'SUCCESS' END::"PayStatus" WHERE sn = $1`,
      [paymentSn, refundTotal],
    )
    await sql.query('COMMIT')
  } catch (error) {
    await sql.query('ROLLBACK')
    throw error
  }
}

describe('refunds', () => {
  test('refuses successful refunds of more than was paid', async ({ sql }) => {
    const sn = await givenPaid(sql)
    await insertRefunded(sql, sn, 600)
    await expect(insertRefunded(sql, sn, 401)).rejects.toThrow(/exceed what was paid/)
    await insertRefunded(sql, sn, 400)
    await expect(insertRefunded(sql, sn, 1)).rejects.toThrow(/exceed what was paid/)
  })

  test('refuses one of two refunds that together exceed what was paid, when both succeed at once', async ({ sql }) => {
    const sn = await givenPaid(sql)
    const refunds = [aRefund(sn, { refundTotal: 600 }), aRefund(sn, { refundTotal: 600 })] as const
    await sql.query('BEGIN')
    for (const refund of refunds) await sql.insert('refund', refund)
    await sql.update('payment', sn, { status: 'REFUNDING', version: 2 })
    await sql.query('COMMIT')

    const end = (on: Sql, index: 0 | 1) =>
      on.update('refund', refunds[index].outRefundNo, { status: 'SUCCESS', endedAt: AT })
    const second = await whileUncommitted(
      sql,
      async (one) => {
        await end(one, 0)
        await one.update('payment', sn, { refundedTotal: 600, version: 3 })
      },
      (two) => end(two, 1),
    )
    expect(second).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringMatching(/exceed what was paid/) },
    })
  })

  test('refuses a successful refund of an unpaid payment', async ({ sql }) => {
    const stay = await insertStay(sql)
    const { sn } = await sql.insert('payment', aPayment(stay, stay.userId))
    await expect(sql.insert('refund', aRefund(sn as string, succeeded(1)))).rejects.toThrow(/exceed what was paid/)
  })

  test('refuses a commit whose refundedTotal differs from the sum of successful refunds', async ({ sql }) => {
    const sn = await givenPaid(sql)
    await expect(sql.insert('refund', aRefund(sn, succeeded(400)))).rejects.toThrow(/its refunds say 400/)
    await expect(sql.update('payment', sn, { refundedTotal: 400, version: 2 })).rejects.toThrow(/its refunds say 0/)
    await insertRefunded(sql, sn, 400)
    await expect(sql.update('payment', sn, { refundedTotal: 0 })).rejects.toThrow(/only moves forward/)
    await expect(sql.update('payment', sn, { refundedTotal: 1_001 })).rejects.toMatchObject({
      constraint: 'payment_totals',
    })
  })

  test('refuses a live refund of a payment that isn’t REFUNDING, and REFUNDING without a live refund', async ({
    sql,
  }) => {
    const sn = await givenPaid(sql)
    await expect(sql.insert('refund', aRefund(sn))).rejects.toThrow(/1 of its refunds are live/)
    await expect(sql.update('payment', sn, { status: 'REFUNDING', version: 2 })).rejects.toThrow(
      /0 of its refunds are live/,
    )
  })

  test.for(['SUCCESS', 'CLOSED'])('refuses to change the status of a refund that is %s', async (status, { sql }) => {
    const sn = await givenPaid(sql)
    const refund = aRefund(sn, { status, endedAt: AT, refundTotal: 400 })
    await sql.query('BEGIN')
    await sql.insert('refund', refund)
    if (status === 'SUCCESS') await sql.update('payment', sn, { refundedTotal: 400, version: 2 })
    await sql.query('COMMIT')
    for (const other of ['REQUESTED', 'PROCESSING', 'ABNORMAL', 'SUCCESS', 'CLOSED']) {
      if (other === status) continue
      const endedAt = other === 'SUCCESS' || other === 'CLOSED' ? AT : null
      await expect(sql.update('refund', refund.outRefundNo, { status: other, endedAt })).rejects.toThrow(/has ended/)
    }
  })

  test.for([
    [{ refundTotal: 0 }, 'refund_total'],
    [{ reason: '退'.repeat(27) }, 'refund_reason'],
    [{ body: null }, 'refund_body'],
    [{ status: 'CLOSED' }, 'refund_ended'],
    [{ endedAt: AT }, 'refund_ended'],
    [{ attempt: 0 }, 'refund_attempt'],
  ] as const)('refuses a refund with %o', async ([change, constraint], { sql }) => {
    const sn = await givenPaid(sql)
    await expect(sql.insert('refund', aRefund(sn, change))).rejects.toMatchObject({ constraint })
  })
})
