import type { Evidence } from '../evidence.ts'
import { checkBills } from './bills.ts'
import { checkDurability } from './durability.ts'
import { checkEvents } from './events.ts'
import { checkFinality } from './finality.ts'
import { indexEvidence, type Violation } from './indexed.ts'
import { checkMessages } from './messages.ts'
import { checkMoney } from './money.ts'
import { checkMonotony } from './monotony.ts'
import { checkExits, checkRecoveries } from './processes.ts'

/** So often a message may come at the most. */
const MOST_WITH_FAULTS = 3

/**
 * Everything in the evidence that breaks a rule; nothing else is read.
 *
 * @param options.isPatient leaves out how long recoveries took.
 * @param options.isTormented whether anybody made trouble: then a message may come more than once.
 */
export function findViolations(
  evidence: Evidence,
  { isPatient = false, isTormented = true }: { isPatient?: boolean; isTormented?: boolean } = {},
): Violation[] {
  const indexed = indexEvidence(evidence)
  return [
    ...checkMoney(indexed),
    ...checkDurability(indexed),
    ...checkMessages(indexed, isTormented ? MOST_WITH_FAULTS : 1),
    ...checkMonotony(indexed),
    ...checkFinality(indexed),
    ...checkEvents(indexed),
    ...checkBills(evidence),
    ...checkExits(evidence),
    ...(isPatient ? [] : checkRecoveries(evidence)),
  ]
}
