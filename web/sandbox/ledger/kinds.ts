import type { ShownLedger } from '../api/types.ts'

/** What of the ledger is shown, each kind by itself. */
export const KINDS = [
  'orders',
  'refunds',
  'notices',
  'messages',
  'complaints',
  'consents',
] as const satisfies (keyof ShownLedger)[]
export type Kind = (typeof KINDS)[number]

export function kindOf(part: string): Kind {
  return KINDS.find((kind) => kind === part) ?? 'orders'
}
