import { z } from 'zod'
import type { BillLine } from './format.ts'

const Planted = z.strictObject({
  bill: z.enum(['trade', 'fund-flow']),
  /** The out_trade_no of a payment, or the out_refund_no of a refund. */
  number: z.string(),
  /** What its cells say, by their columns; in a fund flow bill those of its fee. Without it, its lines are left out. */
  cells: z.record(z.string(), z.string()).optional(),
})

/** Something that bills say wrongly, to see whether a merchant notices. */
export type Planted = z.infer<typeof Planted>

interface WithPlanted {
  plantedInBills: Planted[]
}

export const PlantedList = z.array(Planted)

/** Replaces what was planted before. */
export function plantInBills(world: WithPlanted, planted: Planted[]): Planted[] {
  world.plantedInBills = planted
  return planted
}

export function isOmitted({ plantedInBills }: WithPlanted, bill: Planted['bill'], number: string): boolean {
  return plantedInBills.some((each) => each.bill === bill && each.number === number && !each.cells)
}

/** The line as bills have it. */
export function withChanges(
  { plantedInBills }: WithPlanted,
  bill: Planted['bill'],
  number: string,
  line: BillLine,
): BillLine {
  const changes = plantedInBills.filter((each) => each.bill === bill && each.number === number)
  return changes.length === 0 ? line : Object.assign({}, line, ...changes.map(({ cells }) => cells))
}
