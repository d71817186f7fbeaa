import type { Sandbox } from '@looklook-pay/sandbox'
import { Client } from 'pg'
import { formatDay, shanghaiDay } from '../../src/infra/shanghai.ts'
import { fillPayments } from './fill.ts'

/** A day's bill of many payments, of which some had lost their notices. */
export interface FilledBill {
  billOn: string
  /** How many payments it lists. */
  lines: number
  /** How many of them our books had as closed. */
  lost: number
}

/** Of a hundred payments 70 that were paid, and two that were closed. */
const LISTED = `status = 'SUCCESS' OR (status = 'CLOSED' AND right(sn, 1) = '5')`

/**
 * Fills a database with payments, of which WeChat has most as paid yesterday at noon: those that are closed here were paid
 * late, and their notices were lost.
 */
export async function fillBill(databaseUrl: string, sandbox: Sandbox, count: number): Promise<FilledBill> {
  const noon = shanghaiDay(new Date()).getTime() - 20 * 3_600_000
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  await fillPayments(client, count)
  const { mchid, appid } = sandbox.credentials
  // A merchant never changes.
  await client.query(`SET session_replication_role = replica`)
  await client.query(`UPDATE payment SET mchid = $1, appid = $2`, [mchid, appid])
  const { rows } = await client.query<{ sn: string; number: string; isLost: boolean }>(
    `SELECT sn, '4200' || lpad(right(sn, 12), 24, '0') AS number, status = 'CLOSED' AS "isLost" FROM payment WHERE ${LISTED}`,
  )
  await client.end()
  for (const { sn, number } of rows) {
    sandbox.ledger.commit([
      'orders',
      {
        outTradeNo: sn,
        openid: 'o_guest',
        description: '小院',
        totalFen: 1_000,
        notifyUrl: 'https://example.com/wechat/pay/notify',
        createdAt: noon - 60_000,
        expiresAt: noon + 60_000,
        firstRequest: undefined,
        prepayIds: [],
        state: 'SUCCESS',
        payment: { transactionId: number, paidAt: noon, couponFen: 0 },
        outRefundNos: [],
        shipments: 0,
      },
    ])
  }
  const lost = rows.filter(({ isLost }) => isLost).length
  return { billOn: formatDay(shanghaiDay(new Date(noon))), lines: rows.length, lost }
}
