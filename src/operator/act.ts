import type { OperatorAct, Prisma } from '../../prisma/client/client.ts'
import type { OperatorFace } from '../../prisma/client/enums.ts'
import type { Tx } from '../infra/database.ts'

/** Who decides, and why. */
export interface By {
  operator: string
  /** Of one who is signed in: a name may be somebody else's later. */
  operatorId?: string
  via?: OperatorFace
  reason?: string
}

/** What an operator did. */
export interface Act {
  by: By
  /** As the command calls it: `review accept`. */
  action: string
  /** What it is about: a number, or the id of an endpoint. */
  number?: string
  /** What else is to be known; no secrets and no people. */
  detail?: Prisma.InputJsonObject
}

/** Keeps an act for ever, if and only if `tx` commits. Rows are only ever added. */
export async function recordAct(tx: Pick<Tx, 'operatorAct'>, { by, action, number, detail }: Act): Promise<void> {
  await tx.operatorAct.create({ data: { ...by, action, number, detail } })
}

/** For the detail of an event that an operator's decision led to; nothing where nobody decided. */
export function inDetail(by: By | undefined): { operator?: { name: string; reason?: string } } {
  if (!by) return {}
  const { operator: name, reason } = by
  return { operator: { name, ...(reason === undefined ? {} : { reason }) } }
}

/** The newest acts first: their ids rise with time. */
export function listActs(db: Pick<Tx, 'operatorAct'>, { limit }: { limit: number }): Promise<OperatorAct[]> {
  return db.operatorAct.findMany({ orderBy: { id: 'desc' }, take: limit })
}
