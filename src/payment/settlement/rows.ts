import { Prisma } from '../../../prisma/client/client.ts'
import type { EventSource } from '../../../prisma/client/enums.ts'
import { asJson, asText } from '../../infra/database.ts'
import { type By, inDetail } from '../../operator/act.ts'
import { MAX_FEN } from '../../wechat/input-rules.ts'
import type { WechatTransaction } from '../../wechat/transaction.ts'

/** A verified report that money was collected: `trade_state` SUCCESS, or REFUND once some of it went back. */
export interface Settlement {
  transaction: WechatTransaction
  source: EventSource
  /** An operator's decision: the report is settled although it contradicts the attempt. */
  accept?: boolean
  /** Who decided. */
  by?: By
}

/** A settlement as the statement takes it. */
export type Row = ReturnType<typeof toRow>

/** True when WeChat reports the money as collected, whether or not some of it was refunded since. */
export function isPaid(transaction: WechatTransaction): boolean {
  return transaction.tradeState === 'SUCCESS' || transaction.tradeState === 'REFUND'
}

/** @throws when it isn't about collected money; that is checked here, not by the database. */
export function toRow({ transaction, source, accept, by }: Settlement) {
  const { outTradeNo, transactionId, totalFen } = transaction
  if (!isPaid(transaction) || !transactionId || totalFen === undefined) {
    throw new Error(`${outTradeNo} is ${transaction.tradeState}: only collected money can be settled`)
  }
  return {
    outTradeNo: asText(outTradeNo),
    transactionId: asText(transactionId),
    mchid: transaction.mchid,
    appid: transaction.appid,
    currency: transaction.currency ?? 'CNY',
    total: totalFen,
    payerTotal: columnFen(transaction.payerTotalFen),
    openid: transaction.openid,
    successTime: transaction.successTime,
    tradeState: transaction.tradeState,
    tradeStateDesc: transaction.tradeStateDesc,
    tradeType: transaction.tradeType,
    content: transaction.raw,
    source,
    accept: accept === true,
    // Not there where nobody decided.
    ...inDetail(by),
  }
}

/** The rows as a relation. One parameter, so that sets of any size are the same, prepared statement. */
export function inputOf(rows: Row[]): Prisma.Sql {
  return Prisma.sql`
    SELECT * FROM json_to_recordset(${asJson(rows)}::json) AS i("outTradeNo" text, "transactionId" text, mchid text,
      appid text, currency text, total bigint, "payerTotal" bigint, openid text, "successTime" timestamptz,
      "tradeState" text, "tradeStateDesc" text, "tradeType" text, content jsonb, source "EventSource", accept boolean, operator jsonb)`
}

/** An amount that doesn't fit the column is left out: `payer_total` is informative, and no reason for a mismatch. */
function columnFen(amountFen: number | undefined): number | null {
  return amountFen === undefined || amountFen > MAX_FEN ? null : amountFen
}
