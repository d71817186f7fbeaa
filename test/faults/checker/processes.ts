import type { Evidence } from '../evidence.ts'
import type { Violation } from './indexed.ts'

/** A process that was killed starts anew, connects to everything, and is ready. Ten times slower is a fault. */
const RECOVERED_WITHIN_MS = 60_000

/** Only the harness ends processes. */
export function checkExits({ exits }: Evidence): Violation[] {
  return exits
    .filter(({ isOurs }) => !isOurs)
    .map(({ process, code, signal }) => {
      return { rule: 'no process ended by itself', text: `${process} ended with ${code ?? signal}` }
    })
}

/** Everything is ready again soon after each trouble. */
export function checkRecoveries({ recoveries }: Evidence): Violation[] {
  return recoveries
    .filter(({ ms }) => ms > RECOVERED_WITHIN_MS)
    .map(({ trouble, ms }) => {
      return { rule: 'recovery time', text: `${trouble}: not ready for ${Math.round(ms / 1_000)} s` }
    })
}
