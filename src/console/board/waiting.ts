import type { BillDifference } from '../../../prisma/client/client.ts'
import { listMissingDays, listOpenDifferences, type ShownDay } from '../../bill/list.ts'
import type { Deps } from '../../deps.ts'
import { type DeadLetter, listDeadLetters } from '../../infra/dead-letters.ts'
import { listStuckOrders, type StuckOrder } from '../../order/list.ts'
import { type Held, listHeld, listStuckRefunds, type ShownRefund } from '../../payment/refund/stuck.ts'
import { listMismatches, type ShownMismatch } from '../../payment/review/list.ts'

/** Of each kind; whoever has more begins with the oldest. */
export const MOST_WAITING = 100
const LIMIT = { limit: MOST_WAITING }

/** What waits for a person, by the lists of the operator's command. */
export interface Waiting {
  mismatches: ShownMismatch[]
  heldPayments: Held[]
  stuckRefunds: ShownRefund[]
  stuckOrders: StuckOrder[]
  deadJobs: DeadLetter[]
  billDifferences: BillDifference[]
  missingBills: ShownDay[]
}

/** One after the other: nobody waits for it so much that it should take seven connections. */
export async function readWaiting({ db, config }: Pick<Deps, 'db' | 'config'>): Promise<Waiting> {
  return {
    mismatches: await listMismatches(db, LIMIT),
    heldPayments: await listHeld(db, LIMIT),
    stuckRefunds: await listStuckRefunds(db, LIMIT),
    stuckOrders: await listStuckOrders(db, { ...LIMIT, uploadsShipping: config.order.uploadShipping }),
    deadJobs: await listDeadLetters(db, LIMIT),
    billDifferences: await listOpenDifferences(db, LIMIT),
    missingBills: (await listMissingDays(db)).slice(0, MOST_WAITING),
  }
}
