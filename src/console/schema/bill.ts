import { type DayTotals, findDay, listDays, listDifferences, type ShownDay, sumDay } from '../../bill/list.ts'
import { createUserError } from '../../graphql/context.ts'
import { holdsAtMost } from '../../graphql/list-size.ts'
import { formatDay, parseDay } from '../../infra/shanghai.ts'
import { consoleTexts } from '../texts.ts'
import { BillDayRef, BillDifferenceRef } from './bill-types.ts'
import { builder } from './builder.ts'

/** The export has all of them. */
const MOST_DIFFERENCES = 500
const DAYS_OF_MONTH = 31

const TotalsRef = builder.objectRef<DayTotals>('BillTotals').implement({
  description: 'What a day’s bill comes to.',
  fields: (t) => ({
    payments: t.exposeInt('payments'),
    paymentsFen: t.expose('paymentsFen', { type: 'Fen' }),
    refunds: t.exposeInt('refunds'),
    refundsFen: t.expose('refundsFen', { type: 'Fen' }),
    feeFen: t.exposeFloat('feeFen', { description: 'What WeChat keeps, in fen with three decimals.' }),
    bookedFen: t.expose('bookedFen', { type: 'Fen', description: 'By how much the account changed.' }),
  }),
})

const DayReportRef = builder.objectRef<ShownDay>('BillDayReport').implement({
  description: 'A day, with what it comes to and what differs.',
  fields: (t) => ({
    day: t.field({ type: BillDayRef, resolve: (day) => day }),
    totals: t.field({
      type: TotalsRef,
      resolve: ({ billOn }, _args, { deps }) => sumDay(deps.db, formatDay(billOn)),
    }),
    differences: t.field({
      type: [BillDifferenceRef],
      extensions: holdsAtMost(MOST_DIFFERENCES),
      description: 'What a person must decide first; 500 at the most, the export has all.',
      resolve: ({ billOn }, _args, { deps }) => listDifferences(deps.db, { billOn, limit: MOST_DIFFERENCES }),
    }),
  }),
})

builder.queryField('billDays', (t) =>
  t.field({
    type: [BillDayRef],
    extensions: holdsAtMost(DAYS_OF_MONTH),
    description: 'The days of a month such as 2026-11 that have a bill, or should.',
    args: { month: t.arg.string({ required: true }) },
    resolve: (_root, { month }, { deps }) => {
      const from = readDay(`${month}-01`)
      const until = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1))
      return listDays(deps.db, { from, until })
    },
  }),
)

builder.queryField('billDay', (t) =>
  t.field({
    type: DayReportRef,
    nullable: true,
    description: 'A day such as 2026-11-26; null where it was never compared, and isn’t to be.',
    args: { day: t.arg.string({ required: true }) },
    resolve: (_root, { day }, { deps }) => findDay(deps.db, readDay(day)),
  }),
)

/** @throws {GraphQLError} `BAD_USER_INPUT` for what is no day. */
function readDay(text: string): Date {
  const day = parseDay(text)
  if (!day) throw createUserError('BAD_USER_INPUT', consoleTexts.noDay)
  return day
}
