import type { BillDifference } from '../../../prisma/client/client.ts'
import { BillDifferenceClass, BillDifferenceOutcome, BillRowKind, BillStatus } from '../../../prisma/client/enums.ts'
import type { ShownDay } from '../../bill/list.ts'
import { builder } from './builder.ts'

const StatusRef = builder.enumType(BillStatus, { name: 'BillStatus' })
const KindRef = builder.enumType(BillRowKind, { name: 'BillRowKind' })
const ClassRef = builder.enumType(BillDifferenceClass, { name: 'BillDifferenceClass' })
const OutcomeRef = builder.enumType(BillDifferenceOutcome, { name: 'BillDifferenceOutcome' })

export const BillDayRef = builder.objectRef<ShownDay>('BillDay').implement({
  description: 'WeChat’s bill of one day in China, and how far it was compared with our books (docs/bill.md).',
  fields: (t) => ({
    billOn: t.expose('billOn', { type: 'Date' }),
    status: t.expose('status', { type: StatusRef }),
    note: t.exposeString('note', { nullable: true, description: 'Why it isn’t done yet.' }),
    lines: t.exposeInt('rowsDone', { description: 'How many lines of it were compared.' }),
    differences: t.exposeInt('differences', { description: 'Whatever became of them.' }),
    open: t.exposeInt('open', { description: 'The differences that a person must decide.' }),
    nextTryAt: t.expose('nextTryAt', { type: 'DateTime' }),
    doneAt: t.expose('doneAt', { type: 'DateTime', nullable: true }),
  }),
})

export const BillDifferenceRef = builder.objectRef<BillDifference>('BillDifference').implement({
  description: 'What a day’s bill and our books say differently, and what became of it.',
  fields: (t) => ({
    billOn: t.expose('billOn', { type: 'Date' }),
    kind: t.expose('kind', { type: KindRef }),
    number: t.exposeString('number', { description: 'WeChat’s: of the transaction, or of the refund.' }),
    class: t.expose('class', { type: ClassRef }),
    outcome: t.expose('outcome', { type: OutcomeRef }),
    outTradeNo: t.exposeString('outTradeNo'),
    outRefundNo: t.exposeString('outRefundNo', { description: 'Empty unless it is about a refund.' }),
    atWechat: t.exposeString('atWechat', { description: 'State, and yuan.' }),
    here: t.exposeString('here', { description: 'The same by our books.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
})
