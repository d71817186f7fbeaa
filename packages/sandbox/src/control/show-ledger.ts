import { type LedgerRows, secretTables, type TableName, tableNames } from '../store/ledger.ts'
import type { World } from '../world.ts'

const isSecret = (name: TableName) => secretTables.some((secret) => secret === name)

/** The whole ledger without tokens, used codes and keys. */
export function showLedger(world: World): LedgerRows {
  const shown = tableNames.filter((name) => !isSecret(name))
  return Object.fromEntries(shown.map((name) => [name, [...world.ledger[name].values()]])) as LedgerRows
}
