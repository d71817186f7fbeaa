import type { OperatorAct } from '../../prisma/client/client.ts'
import type { Database } from '../infra/database.ts'
import { type Entry, sentence } from './entry.ts'

/** What operators did about these numbers. */
export async function readActs(db: Database, numbers: string[]): Promise<Entry[]> {
  const acts = await db.operatorAct.findMany({
    where: { number: { in: numbers } },
    orderBy: [{ at: 'asc' }, { id: 'asc' }],
  })
  return acts.map(actEntry)
}

function actEntry({ at, operator, action, number, reason, detail }: OperatorAct): Entry {
  const text = sentence(`${operator}: ${action}`, reason !== null && `because ${reason}`)
  return { at, kind: 'act', number, text, detail: { operator, action, reason, ...(detail as object | null) } }
}
