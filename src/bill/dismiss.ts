import type { BillDifference } from '../../prisma/client/client.ts'
import { NotFoundError } from '../errors.ts'
import type { Tx } from '../infra/database.ts'
import { formatDay } from '../infra/shanghai.ts'
import { billTexts } from './texts.ts'

/** Which differences: all that a day has about a number, ours or WeChat's. */
export interface DifferencesOf {
  day: Date
  number: string
}

/**
 * Ends differences that a person has decided outside our books, such as a fee that WeChat's support has explained. A comparison
 * that finds the same says nothing of them any more; one that finds anything else has them decided anew.
 *
 * @returns those that are dismissed now, by this call or an earlier one.
 * @throws {NotFoundError} when the day has none about this number that waits for a person, or did.
 */
export async function dismissDifferences(tx: Tx, { day, number }: DifferencesOf): Promise<BillDifference[]> {
  const ofNumber = { billOn: day, OR: [{ number }, { outTradeNo: number }, { outRefundNo: number }] }
  await tx.$executeRaw`
    UPDATE bill_difference SET outcome = 'DISMISSED', "updatedAt" = now()
    WHERE "billOn" = ${formatDay(day)}::date AND outcome = 'DECIDE' AND ${number} IN (number, "outTradeNo", "outRefundNo")`
  const dismissed = await tx.billDifference.findMany({ where: { ...ofNumber, outcome: 'DISMISSED' } })
  if (dismissed.length === 0) throw new NotFoundError(billTexts.openDifference(formatDay(day)))
  return dismissed
}
