import { z } from 'zod'
import { type LedgerRows, type ShownLedger, secretTables, type TableName, tableNames } from '../store/ledger.ts'
import type { World } from '../world.ts'

/** What of the ledger is shown; all of it by default. */
export const LedgerQuery = z.strictObject({
  /** At most so many rows of each kind, the newest. */
  newest: z.coerce.number().int().min(1).max(1000).optional(),
  /** Only rows that mention it: a number or a part of one, an openid … */
  mentions: z.string().optional(),
})

const isSecret = (name: TableName) => secretTables.some((secret) => secret === name)

/** The ledger without tokens, used codes and keys; `totals` counts the rows before `newest` cuts. */
export function showLedger(world: World, { newest, mentions = '' }: z.infer<typeof LedgerQuery>): ShownLedger {
  const names = tableNames.filter((name) => !isSecret(name))
  const rows = names.map((name) => [name, rowsOf(world, name, mentions)] as const)
  const shown = newest === undefined ? rows : rows.map(([name, all]) => [name, all.slice(-newest)] as const)
  const totals = Object.fromEntries(rows.map(([name, all]) => [name, all.length])) as ShownLedger['totals']
  return { ...(Object.fromEntries(shown) as LedgerRows), totals }
}

function rowsOf({ ledger }: World, name: TableName, mentions: string): object[] {
  const rows = [...ledger[name].values()]
  return mentions === '' ? rows : rows.filter((row) => isMentionedIn(row, mentions))
}

/** Names of fields, amounts and instants mention nothing: the digits of those look like a part of any number. */
function isMentionedIn(value: unknown, text: string): boolean {
  if (typeof value === 'string') return value.includes(text)
  return typeof value === 'object' && value !== null && Object.values(value).some((each) => isMentionedIn(each, text))
}
