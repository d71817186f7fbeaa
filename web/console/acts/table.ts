import type { actOperations } from '../api/act-operations.ts'
import type { TextKey } from '../text.ts'

type OperationName = keyof typeof actOperations
type Fields = Readonly<Record<string, string>>

/** What an act needs beside what its button knows. */
interface ActField {
  /** By which it is typed, and the variable of its operation unless the act says otherwise. */
  name: string
  text: TextKey
  hint?: TextKey
  isOptional?: boolean
  initial?: string
}

interface ActShape {
  operation: OperationName
  /** It moves money, or ends something for good: its button is red. */
  isDangerous?: boolean
  fields?: readonly ActField[]
  /** What it would do is told with the reason, which it therefore needs for a dry run as well. */
  showsReason?: boolean
  /** The variables that always go with it. */
  values?: object
  /** The variables that its fields make. */
  variablesOf?: (fields: Fields) => object
}

const cardFields: readonly ActField[] = [
  { name: 'bankType', text: 'bankType', hint: 'bankTypeHint' },
  { name: 'account', text: 'account' },
  { name: 'realName', text: 'realName', hint: 'cardHint' },
]

const webhookActs = {
  webhookAdd: {
    operation: 'webhookAdd',
    fields: [
      { name: 'url', text: 'url', hint: 'urlHint' },
      { name: 'types', text: 'eventTypes', hint: 'eventTypesHint', isOptional: true },
    ],
    variablesOf: ({ url, types = '' }) => ({ url, types: types.split(/[\s,]+/).filter((type) => type !== '') }),
  },
  webhookEnable: { operation: 'webhookEnable' },
  webhookDisable: { operation: 'webhookDisable', showsReason: true },
  webhookRemove: { operation: 'webhookRemove', isDangerous: true },
  webhookRotate: {
    operation: 'webhookRotate',
    fields: [{ name: 'keepHours', text: 'keepHours', hint: 'keepHoursHint', initial: '24' }],
    variablesOf: ({ keepHours }) => ({ keepHours: Number(keepHours) }),
  },
  webhookRotateLost: { operation: 'webhookRotate', values: { again: true } },
  webhookReplayFailed: { operation: 'webhookReplay', values: { failed: true } },
  webhookReplaySpan: {
    operation: 'webhookReplay',
    fields: [
      { name: 'since', text: 'since', hint: 'sinceHint' },
      { name: 'until', text: 'until', hint: 'untilHint' },
    ],
  },
  webhookReplayEvent: {
    operation: 'webhookReplay',
    fields: [
      { name: 'paymentSn', text: 'payment' },
      { name: 'version', text: 'version' },
    ],
    variablesOf: ({ paymentSn, version }) => ({ paymentSn, version: Number(version) }),
  },
  listenerRemove: { operation: 'listenerRemove', isDangerous: true },
} as const satisfies Record<string, ActShape>

const acts = {
  reviewAccept: { operation: 'reviewAccept' },
  reviewRefund: { operation: 'reviewRefund', isDangerous: true },
  reviewDismiss: { operation: 'reviewDismiss' },
  refundRetry: { operation: 'refundRetry' },
  refundAbnormal: { operation: 'refundAbnormal', isDangerous: true },
  refundAbnormalCard: {
    operation: 'refundAbnormal',
    isDangerous: true,
    fields: cardFields,
    variablesOf: (card) => ({ card }),
  },
  refundAdopt: { operation: 'refundAdopt', fields: [{ name: 'number', text: 'outRefundNo', hint: 'outRefundNoHint' }] },
  orderApply: { operation: 'orderApply' },
  orderClose: { operation: 'orderClose' },
  orderShip: { operation: 'orderShip' },
  jobReplay: { operation: 'jobReplay' },
  jobDrop: { operation: 'jobDrop', isDangerous: true },
  billRepeat: { operation: 'billRepeat' },
  billDismiss: { operation: 'billDismiss' },
  ...webhookActs,
} as const satisfies Record<string, ActShape>

export type ActName = keyof typeof acts

/** Every act, with what its dialog asks for. An operation may be several acts, each with a button of its own. */
export const ACTS: Readonly<Record<ActName, ActShape>> = acts
