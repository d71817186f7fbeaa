import type { BillDifference } from '../../prisma/client/client.ts'
import { NotFoundError } from '../errors.ts'
import type { Tx } from '../infra/database.ts'
import { formatDay } from '../infra/shanghai.ts'
import { billTexts } from './texts.ts'

/** Which differences: those that a day has about a payment or a refund, by our number of it or WeChat's. */
export interface DifferencesOf {
  day: Date
  number: string
}

/**
 * Ends differences that a person has decided outside our books, such as a fee that WeChat's support has explained. A comparison
 * that finds the same says nothing of them any more; one that finds anything else has them decided anew. Those of a payment
 * leave those of its refunds as they are.
 *
 * @returns those that are dismissed now, by this call or an earlier one.
 * @throws {NotFoundError} when the day has none about this number that waits for a person, or did.
 */
export async function dismissDifferences(
  tx: Tx,
  { day, number }: DifferencesOf,
): Promise<Pick<BillDifference, 'class'>[]> {
  const billOn = formatDay(day)
  const dismissed = await tx.$queryRaw<Pick<BillDifference, 'class'>[]>`
    UPDATE bill_difference SET outcome = 'DISMISSED', "updatedAt" = CASE outcome WHEN 'DISMISSED' THEN "updatedAt" ELSE now() END
    WHERE "billOn" = ${billOn}::date AND outcome IN ('DECIDE', 'DISMISSED')
      AND ${number} IN (number, NULLIF(CASE kind WHEN 'REFUND' THEN "outRefundNo" ELSE "outTradeNo" END, ''))
    RETURNING class::text`
  if (dismissed.length === 0) throw new NotFoundError(billTexts.openDifference(billOn))
  return dismissed
}
