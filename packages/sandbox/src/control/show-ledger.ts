import { type TableName, tableNames } from '../store/ledger.ts'
import type { World } from '../world.ts'

const secretTables = new Set<string>([
  'accessTokens',
  'usedCodes',
  'platformCertificates',
  'publicKeys',
] satisfies TableName[])

/** The whole ledger without tokens, used codes and keys. */
export function showLedger(world: World): Record<string, unknown[]> {
  const shown = tableNames.filter((name) => !secretTables.has(name))
  return Object.fromEntries(shown.map((name) => [name, [...world.ledger[name].values()]]))
}
