/** What an entry is about, in the order in which those of one moment happened. */
export const ENTRY_KINDS = [
  'order',
  'attempt',
  'act',
  'call',
  'notice',
  'mismatch',
  'event',
  'refund',
  'job',
  'message',
  'delivery',
] as const

/** What happened at one moment. Names no person but an operator, and holds no report as a whole. */
export interface Entry {
  at: Date
  kind: (typeof ENTRY_KINDS)[number]
  /** The number that it is about: of an order, an attempt, a refund or a notice. */
  number: string
  /** In one line. */
  text: string
  /** The same for programs. */
  detail: Record<string, unknown>
}

/** In the order of time. */
export function sortEntries(entries: Entry[]): Entry[] {
  const rankOf = ({ kind }: Entry) => ENTRY_KINDS.indexOf(kind)
  return entries.toSorted((a, b) => a.at.getTime() - b.at.getTime() || rankOf(a) - rankOf(b))
}

/** Fen as yuan. */
export function yuan(fen: number): string {
  return `${(fen / 100).toFixed(2)} yuan`
}

/** What there is of these, as one sentence. */
export function sentence(...parts: (string | null | undefined | false)[]): string {
  return parts.filter((part) => part !== '' && typeof part === 'string').join(', ')
}
