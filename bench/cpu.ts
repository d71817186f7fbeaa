import { readdirSync, readFileSync } from 'node:fs'

/** The kernel's clock ticks, of which `/proc` counts 100 a second on every platform that Node runs on. */
const TICK_MS = 10

interface ProcessTimes {
  parent: number
  /** Of the process and of its children that have ended. */
  ms: number
}

/** The processes whose CPU a part tells apart; each counts with everything that it has started. */
export type Watched = Record<string, number | number[]>

/**
 * Runs `work`, and counts the CPU that the watched processes and their children used meanwhile.
 *
 * @returns with milliseconds by name; this works on Linux alone.
 */
export async function withCpu<Result>(
  watched: Watched,
  work: () => Promise<Result>,
): Promise<{ result: Result; cpu: Record<string, number> }> {
  const before = readCpu(watched)
  const result = await work()
  const after = readCpu(watched)
  const cpu = Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? 0)]))
  return { result, cpu }
}

/** Divides what `withCpu` counted by the number of operations. */
export function perOperation(cpu: Record<string, number>, operations: number): Record<string, number> {
  return Object.fromEntries(Object.entries(cpu).map(([name, ms]) => [name, ms / operations]))
}

/** Resident memory of a process, in KB. */
export function residentKb(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
}

function readCpu(watched: Watched): Record<string, number> {
  const times = readTimes()
  const sum = (root: number): number => {
    const children = [...times].filter(([, { parent }]) => parent === root)
    return (times.get(root)?.ms ?? 0) + children.reduce((total, [pid]) => total + sum(pid), 0)
  }
  return Object.fromEntries(
    Object.entries(watched).map(([name, roots]) => [name, [roots].flat().reduce((total, pid) => total + sum(pid), 0)]),
  )
}

/** Every process of the machine. Fields: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function readTimes(): Map<number, ProcessTimes> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const entries = pids.flatMap((pid): [number, ProcessTimes][] => {
    const stat = readStat(pid)
    if (!stat) return []
    // The name in parentheses may hold spaces; the state, field 3, follows it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0)
    return [[Number(pid), { parent: Number(fields[1]), ms: ticks * TICK_MS }]]
  })
  return new Map(entries)
}

function readStat(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    // It has ended since its folder was listed.
    return undefined
  }
}
