import type * as Generated from '../generated/graphql.ts'
import type { readOperations } from './read-operations.ts'

type Documents = typeof Generated
type DocumentOf<Name extends string> = `${Capitalize<Name>}Document` extends infer Key extends keyof Documents
  ? Documents[Key]
  : never

export type OperationName = keyof typeof readOperations
/** The variables of an operation, by its name. */
export type Takes<Name extends OperationName> =
  DocumentOf<Name> extends Generated.TypedDocumentString<unknown, infer Variables extends object> ? Variables : never
/** The data of its answer. */
export type Gives<Name extends OperationName> =
  DocumentOf<Name> extends Generated.TypedDocumentString<infer Data, never> ? Data : never

export type Board = Gives<'board'>['board']
export type Examination = Gives<'examination'>['examination']
export type Finding = Examination['findings'][number]
export type Hour = Gives<'boardHours'>['boardHours'][number]
export type Found = Gives<'find'>['find'][number]
export type Timeline = NonNullable<Gives<'timeline'>['timeline']>
export type Entry = Timeline['entries'][number]
export type Waiting = Gives<'waiting'>['waiting']
export type Mismatch = Waiting['mismatches'][number]
export type BillDay = Gives<'billDays'>['billDays'][number]
export type BillDayDetail = NonNullable<Gives<'billDay'>['billDay']>
export type Difference = BillDayDetail['differences'][number]
export type OperatorAct = Gives<'acts'>['acts'][number]
export type Events = Gives<'events'>
export type Delivery = NonNullable<Gives<'webhookDeliveries'>['webhookDeliveries']>[number]
export type Me = NonNullable<Gives<'me'>['me']>
