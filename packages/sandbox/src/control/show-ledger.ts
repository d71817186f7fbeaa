import { z } from 'zod'
import { type LedgerRows, secretTables, type TableName, tableNames } from '../store/ledger.ts'
import type { World } from '../world.ts'

/** What of the ledger is shown; all of it by default. */
export const LedgerQuery = z.strictObject({
  /** At most so many rows of each kind, the newest. */
  newest: z.coerce.number().int().min(1).max(1000).optional(),
  /** Only rows that mention it: a number or a part of one, an openid … */
  mentions: z.string().optional(),
})

const isSecret = (name: TableName) => secretTables.some((secret) => secret === name)

/** The ledger without tokens, used codes and keys, oldest first; `totals` counts the rows before `newest` cuts. */
export function showLedger(world: World, { newest, mentions = '' }: z.infer<typeof LedgerQuery>) {
  const shown = tableNames
    .filter((name) => !isSecret(name))
    .map((name) => [name, rowsOf(world, name, mentions)] as const)
  const cut = newest === undefined ? shown : shown.map(([name, rows]) => [name, rows.slice(-newest)] as const)
  const totals = Object.fromEntries(shown.map(([name, rows]) => [name, rows.length])) as Record<
    keyof LedgerRows,
    number
  >
  return { ...(Object.fromEntries(cut) as LedgerRows), totals }
}

function rowsOf({ ledger }: World, name: TableName, mentions: string): object[] {
  const rows = [...ledger[name].values()]
  return mentions === '' ? rows : rows.filter((row) => JSON.stringify(row).includes(mentions))
}
