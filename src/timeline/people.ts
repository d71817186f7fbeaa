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

/** A name at the command is whatever was given; in the console it is who was signed in. */
const FACES = { COMMAND: 'by the command', CONSOLE: 'in the console' }

function actEntry({ at, operator, operatorId, via, action, number, reason, detail }: OperatorAct): Entry {
  const who = via === null ? operator : `${operator} ${FACES[via]}`
  const text = sentence(`${who}: ${action}`, reason !== null && `because ${reason}`)
  const about = { operator, operatorId, via, action, reason }
  return { at, kind: 'act', number, text, detail: { ...about, ...(detail as object | null) } }
}
