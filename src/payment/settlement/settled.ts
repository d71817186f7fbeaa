import { type Payment, Prisma } from '../../../prisma/client/client.ts'
import type { PayStatus } from '../../../prisma/client/enums.ts'
import { columnsOf } from '../../infra/statement.ts'
import { PAYMENT_COLUMNS } from '../columns.ts'
import { eventFacts } from '../event.ts'

/** What became of one settlement; each is defined at the top of settle.ts. */
type Outcome = 'MOVED' | 'SAME' | 'OTHER_TRANSACTION' | 'MISMATCH' | 'UNKNOWN'

export interface Settled {
  outTradeNo: string
  outcome: Outcome
  /** The kind of the mismatch; null when the report fits. */
  mismatch: string | null
  /** An operator dismissed this mismatch; the same report changes nothing any more. */
  dismissed: boolean
  /** True for the first report of this mismatch. */
  isFirstReport: boolean
  /** The status that it was paid from, and the age that it had; null when this settlement hasn't paid it. */
  paidFrom: PayStatus | null
  secondsToPaid: number | null
  /** The payment's new version, when this settlement changed it. */
  version: number | null
  /** As this settlement left it, when it changed it and somebody watches it here. */
  payment?: Payment
  /** Of the attempt; read where there are traces. */
  attemptTrace?: string | null
}

/** What a statement gives of the payments that it changed. Whole rows are given on request alone, since they cost a
 * notice more. */
export interface Given {
  returning: Prisma.Sql
  selected: Prisma.Sql
}
export const ONLY_VERSIONS: Given = {
  returning: Prisma.sql`p.sn, p.version, p.status, ${eventFacts('p')}`,
  selected: Prisma.sql`c.version`,
}
export const WITH_PAYMENTS: Given = {
  returning: PAYMENT_COLUMNS,
  selected: columnsOf(Prisma.PaymentScalarFieldEnum, 'c'),
}

/** SQL: the trace of a payment `j`, whether it is changed or not. */
export const ATTEMPT_TRACE = Prisma.sql`, (SELECT t."traceParent" FROM payment t WHERE t.sn = j.sn) AS "attemptTrace"`

/** Of one that changed nothing, the payment's columns are null. */
export type SettledRow = Omit<Settled, 'version' | 'payment'> & (Payment | Record<keyof Payment, null>)

export function toSettled({
  outTradeNo,
  outcome,
  mismatch,
  dismissed,
  isFirstReport,
  paidFrom,
  secondsToPaid,
  attemptTrace,
  ...payment
}: SettledRow): Settled {
  const given = { outTradeNo, outcome, mismatch, dismissed, isFirstReport, paidFrom, secondsToPaid, attemptTrace }
  const settled = { ...given, version: payment.version }
  return payment.version === null ? settled : { ...settled, payment }
}
