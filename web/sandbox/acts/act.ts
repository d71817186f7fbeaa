import type { CouponType, NewComplaint, RefundEnd } from '../api/types.ts'
import type { TextKey } from '../text.ts'

/** What may be filled in for an act; an empty field counts as none. */
export interface Values {
  code: string
  openid: string
  coupon: number
  couponType: CouponType
  refundFen: number
  end: RefundEnd
  text: string
  problemType: NonNullable<NewComplaint['problemType']>
  phone: string
  copies: number
}

export type FieldName = keyof Values

/** Something that the sandbox can be told to do. */
export interface Act {
  /** Of its button. */
  title: TextKey
  /** The number that it is about. */
  about: string
  fields: readonly FieldName[]
  /**
   * @returns what was done, in words.
   * @throws {SandboxError}
   */
  run(values: Partial<Values>): Promise<string>
}

const NUMBERS: readonly FieldName[] = ['coupon', 'refundFen', 'copies']

const choices = {
  couponType: ['CASH', 'NOCASH'],
  end: ['SUCCESS', 'ABNORMAL', 'CLOSED'],
  problemType: ['REFUND', 'SERVICE_NOT_WORK', 'OTHERS'],
} satisfies { [Name in 'couponType' | 'end' | 'problemType']: Values[Name][] }

/** What a field can be chosen from, the usual one first; of any other, a text is typed. */
export const CHOICES: Partial<Record<FieldName, readonly string[]>> = choices

/** The values of what was typed. What is no number where one belongs is refused by the sandbox, in words. */
export function readValues(fields: readonly FieldName[], typed: Partial<Record<FieldName, string>>): Partial<Values> {
  const given = fields.map((name) => [name, (typed[name] ?? CHOICES[name]?.[0] ?? '').trim()] as const)
  const filled = given.filter(([, text]) => text !== '')
  return Object.fromEntries(filled.map(([name, text]) => [name, NUMBERS.includes(name) ? Number(text) : text]))
}
