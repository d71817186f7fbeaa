import { type BillReader, type Cells } from '../../src/wechat/bill-file.ts'
import type { DownloadedBill } from '../../src/wechat/downloaded-bill.ts'
import { createFundFlowBillReader, type FundFlowRow } from '../../src/wechat/fund-flow-bill.ts'
import { createTradeBillReader, type TradeBillRow, type TradeBillType } from '../../src/wechat/trade-bill.ts'

interface ReadBill<Row> {
  rows: Row[]
  summary: Cells
}

export function parseTradeBill(file: Buffer | string, billType?: TradeBillType): ReadBill<TradeBillRow> {
  return readAll(createTradeBillReader(billType), file)
}

export function parseFundFlowBill(file: Buffer | string): ReadBill<FundFlowRow> {
  return readAll(createFundFlowBillReader(), file)
}

function readAll<Row>({ read, end }: BillReader<Row>, file: Buffer | string): ReadBill<Row> {
  const lines = file.toString().split(/\r?\n/)
  const rows = lines.map(read).filter((row) => row !== null)
  return { rows, summary: end() }
}

/** The text of a downloaded bill, without its byte order mark; the bill is closed. */
export async function textOf(bill: DownloadedBill): Promise<string> {
  const lines: string[] = []
  for await (const some of bill.lines()) lines.push(...some)
  await bill.close()
  return lines.join('\r\n')
}
