import { createHash } from 'node:crypto'
import { Fault } from './fault.ts'
import type { Endpoint } from './fault-kinds.ts'

export interface Faults {
  /** @throws {z.ZodError} when an endpoint has no such fault, or a field is missing; then nothing is added. */
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
