import type { actOperations } from '../api/act-operations.ts'
import type { TextKey } from '../text.ts'

export type ActName = keyof typeof actOperations

/** What an act needs beside what its button knows. */
export interface ActField {
  /** The variable of its operation. */
  name: string
  text: TextKey
  hint?: TextKey
  isOptional?: boolean
}

interface ActShape {
  /** It moves money, or ends something for good: its button is red. */
  isDangerous?: boolean
  fields?: readonly ActField[]
}

/** Every act, with what its dialog asks for. */
export const ACTS: Record<ActName, ActShape> = {
  reviewAccept: {},
  reviewRefund: { isDangerous: true },
  reviewDismiss: {},
  refundRetry: {},
  refundAbnormal: { isDangerous: true },
  refundAdopt: { fields: [{ name: 'number', text: 'outRefundNo', hint: 'outRefundNoHint' }] },
  orderApply: {},
  orderClose: {},
  orderShip: {},
  jobReplay: {},
  jobDrop: { isDangerous: true },
  billRepeat: {},
}
