import { globSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Debian's package `faketime` has them here. MT: for programs with threads, whose lock a signal of PostgreSQL could meet. */
const LIBRARIES = '/usr/lib/*/faketime/libfaketimeMT.so.1'
const FOR_ONE_THREAD = ['libfaketimeMT', 'libfaketime'] as const

/** What libfaketime reads, and what it sets for the processes that are started by one that has it. */
const NAMES = [
  'LD_PRELOAD',
  'FAKETIME_TIMESTAMP_FILE',
  'FAKETIME_CACHE_DURATION',
  'FAKETIME_DONT_FAKE_MONOTONIC',
  'DONT_FAKE_MONOTONIC',
  'NO_FAKE_STAT',
  'FAKETIME_SHARED',
]

/** Every process reads the file again once a second has begun since; whoever is stopped for so long reads it when it goes on. */
export const FOLLOWS_WITHIN_MS = 1_100

/**
 * The environment of a process, and of all that it starts, whose clock is moved by a file in this folder. Monotonic clocks, and
 * with them timers, stay as they are.
 *
 * @returns null where libfaketime isn't installed.
 */
export function createClock(folder: string): Record<string, string> | null {
  const [library] = globSync(LIBRARIES)
  if (library === undefined) return null
  const file = join(folder, 'clock')
  writeFileSync(file, '+0\n')
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '0',
    // By its name in libfaketime 0.9.9 and before, and since.
    DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  }
}

/** What libfaketime keeps in memory for a process, and all that this one has started. Processes that are killed leave it behind. */
export function forgetClockOf(pid: number): void {
  for (const name of [`faketime_shm_${pid}`, `sem.faketime_sem_${pid}`]) rmSync(join('/dev/shm', name), { force: true })
}

const ownEnvironment = Object.fromEntries(
  NAMES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
)
const hasBegun = ownEnvironment['FAKETIME_TIMESTAMP_FILE'] !== undefined
// From here on only those have it who are given it: Redis, which keeps no dates, can’t begin with it.
if (hasBegun) delete process.env['LD_PRELOAD']

/** Whether this process has a clock that can be moved. */
export const hasClock = (): boolean => hasBegun

/** What a process is started with to have this one’s clock; nothing without one. */
export const clockEnvironment = (): Record<string, string> => (hasBegun ? ownEnvironment : {})

/** The same for a program without threads, of another user, who can't open what this user's processes share. */
export function clockEnvironmentOfServer(): Record<string, string> {
  const { FAKETIME_SHARED: _shared, LD_PRELOAD: library, ...others } = clockEnvironment()
  return library === undefined ? {} : { ...others, LD_PRELOAD: library.replace(...FOR_ONE_THREAD) }
}

let aheadSeconds = 0

/** Moves the clock of all processes; each follows within {@link FOLLOWS_WITHIN_MS}. */
export function moveClock(seconds: number): void {
  setAhead(aheadSeconds + seconds)
}

/** The clock is the machine’s again. */
export function resetClock(): void {
  if (hasClock()) setAhead(0)
}

function setAhead(seconds: number): void {
  const { FAKETIME_TIMESTAMP_FILE: file } = ownEnvironment
  if (file === undefined) throw new Error('this process has no clock that can be moved')
  aheadSeconds = seconds
  // Renamed, so that nobody reads an empty one.
  const next = join(dirname(file), 'clock.next')
  writeFileSync(next, `+${aheadSeconds}\n`)
  renameSync(next, file)
}
