import type { View } from '../route.ts'

/** What may wait for a person, and the view in which it is decided. */
export const WAITING_KINDS = [
  { kind: 'mismatches', view: 'decide' },
  { kind: 'heldPayments', view: 'decide' },
  { kind: 'stuckRefunds', view: 'decide' },
  { kind: 'stuckOrders', view: 'decide' },
  { kind: 'deadJobs', view: 'jobs' },
  { kind: 'billDifferences', view: 'bill' },
  { kind: 'missingBills', view: 'bill' },
] as const satisfies { kind: string; view: View }[]

export type WaitingKind = (typeof WAITING_KINDS)[number]['kind']
