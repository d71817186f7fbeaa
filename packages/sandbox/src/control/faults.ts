import { createHash } from 'node:crypto'
import { PayError } from '../http/pay-error.ts'
import { Fault } from './fault.ts'
import type { Endpoint } from './fault-kinds.ts'

/** Every call and notice looks through them. */
const MOST_ARMED = 1_000

export interface Faults {
  /**
   * @throws {z.ZodError} when an endpoint has no such fault, or a field is missing; then nothing is added.
   * @throws {PayError} PARAM_ERROR when there would be more than a thousand, as when faults that always hit are never cleared.
   */
  add(...faults: Fault[]): void
  /** Removes all of them, or those of one endpoint. */
  clear(endpoint?: Endpoint): void
  /** The oldest fault that hits this call, which counts towards its `times`. */
  take(endpoint: Endpoint, text: string): Fault | undefined
  list(): Fault[]
}

/** A fault, and how many calls it could have hit so far. */
interface Armed {
  fault: Fault
  calls: number
}

/** No faults yet. */
export function openFaults(): Faults {
  let armed: Armed[] = []
  return {
    add(...added) {
      if (armed.length + added.length > MOST_ARMED) {
        throw new PayError('PARAM_ERROR', `At most ${MOST_ARMED} faults are armed at once: clear some`)
      }
      armed = [...armed, ...added.map((fault) => ({ fault: Fault.parse(fault), calls: 0 }))]
    },
    clear(endpoint) {
      armed = endpoint === undefined ? [] : armed.filter(({ fault }) => fault.endpoint !== endpoint)
    },
    take(endpoint, text) {
      const matches = ({ fault }: Armed) => fault.endpoint === endpoint && text.includes(fault.match ?? '')
      const fault = armed.find((each) => matches(each) && hitsNext(each))?.fault
      if (fault?.times !== undefined) {
        fault.times -= 1
        if (fault.times === 0) armed = armed.filter((other) => other.fault !== fault)
      }
      return fault
    },
    list: () => armed.map(({ fault }) => ({ ...fault })),
  }
}

/** Counts a call, and says whether the fault hits it. */
function hitsNext(each: Armed): boolean {
  const { percent, seed = 0, endpoint, kind } = each.fault
  each.calls += 1
  return percent === undefined || drawPercent(`${seed} ${endpoint} ${kind} ${each.calls}`) < percent
}

/** From 0 to below 100, and the same for the same text. */
function drawPercent(text: string): number {
  return (createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32) * 100
}
