import type { Payment, PaymentMismatch } from '../../../prisma/client/client.ts'
import { InvalidInputError, NotFoundError } from '../../errors.ts'
import { databaseNow, type Tx } from '../../infra/database.ts'
import { parseTransaction } from '../../wechat/transaction.ts'
import { isYearOver } from '../refund/year.ts'
import { paymentTexts } from '../texts.ts'
import { isUnacceptable } from './mismatch.ts'

/** What an operator can do about a mismatch. */
export type Decision = 'accept' | 'refund' | 'dismiss'

/** A mismatch as an operator sees it: without the report itself, which names people. */
export type ShownMismatch = Omit<PaymentMismatch, 'content'> & {
  /** Fen; what WeChat reports, of a mismatch about money. */
  reportedFen: number | null
  /** Of the payment that it is about. */
  payment: Pick<Payment, 'orderSn' | 'status' | 'payTotal'> | null
  decisions: Decision[]
}

type Found = PaymentMismatch & { payment: Payment | null }

/** The mismatches that wait for a person, or for their decision to be carried out; oldest first. */
export async function listMismatches(
  db: Pick<Tx, 'paymentMismatch'>,
  { limit }: { limit: number },
): Promise<ShownMismatch[]> {
  const found = await db.paymentMismatch.findMany({
    where: { resolvedAt: null },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    take: limit,
    include: { payment: true },
  })
  return found.map(toShown)
}

/**
 * A mismatch about which this can be decided, whether or not it was.
 *
 * @throws {NotFoundError} as the decision itself does.
 * @throws {InvalidInputError} when it would refund what was paid more than a year ago: WeChat takes no such refund.
 */
export async function getMismatchFor(
  db: Pick<Tx, 'paymentMismatch' | '$queryRaw'>,
  { mismatchId: id, decision }: { mismatchId: string; decision: Decision },
): Promise<ShownMismatch> {
  const found = await db.paymentMismatch.findUnique({ where: { id }, include: { payment: true } })
  const shown = found && toShown(found)
  if (!shown?.decisions.includes(decision))
    throw new NotFoundError(decision === 'dismiss' ? paymentTexts.mismatch : paymentTexts.underReview)
  if (decision === 'refund' && shown.resolution === null) {
    const { successTime } = parseTransaction(found?.content as Record<string, unknown>)
    if (isYearOver(successTime, await databaseNow(db)))
      throw new InvalidInputError([{ path: id, text: paymentTexts.refundYearOver }])
  }
  return shown
}

function toShown({ content, payment, ...mismatch }: Found): ShownMismatch {
  const isMoney = mismatch.subject === 'MONEY'
  const { totalFen } = isMoney ? parseTransaction(content as Record<string, unknown>) : {}
  const about = payment && { orderSn: payment.orderSn, status: payment.status, payTotal: payment.payTotal }
  const decisions: Decision[] =
    isMoney && payment && !isUnacceptable({ ...mismatch, content, paymentSn: payment.sn }, payment)
      ? ['accept', 'refund']
      : ['dismiss']
  return { ...mismatch, reportedFen: totalFen ?? null, payment: about, decisions }
}
