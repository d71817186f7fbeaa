import { Prisma } from '../../prisma/client/client.ts'
import { columnsOf } from '../infra/statement.ts'

/** SQL: what `Payment` has, of a payment `p`. */
export const PAYMENT_COLUMNS = columnsOf(Prisma.PaymentScalarFieldEnum, 'p')
