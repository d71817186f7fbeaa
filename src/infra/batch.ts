import { BusyError } from './pool.ts'

/**
 * Batching: what arrives while a statement is in flight goes with the next one. There is no timer, so one alone waits for
 * nothing, and the busier it is the more share a statement and its commit.
 *
 * - FULL: a set that is worth a statement of its own. It goes beside one that is in flight, and doesn't wait until everything
 *   that has arrived is read: while it is committed, the process reads what comes next. Else everybody's commit would wait for
 *   everybody's reading, and the other way round.
 * - TOGETHER: one statement for a set. No two items of it, and no two statements in flight, share a key: the second is held
 *   back, in its order, until the first is committed.
 * - ALONE: what the set left out because somebody else has locked its row, and every item of a set that was refused because
 *   of its data. Each gets a statement of its own, so that it delays and fails nobody but itself.
 * - Anything else that fails (a lost connection, silence, a COMMIT without an answer) is of unknown outcome: every item of
 *   the set is rejected, and nothing is repeated here.
 */
export interface BatchWork<Item, Result> {
  /** What no two items may share at once. */
  keysOf(item: Item): string[]
  /** Commits a set. @returns the results by item; those that are missing go alone. */
  together(items: Item[]): Promise<ReadonlyMap<Item, Result>>
  /** Commits one item, and waits for locks. */
  alone(item: Item): Promise<Result>
  /** True when a set's error is one of its items' fault, and none of the set is committed. */
  isFaultOfData(error: unknown): boolean
}

/** Larger sets are hardly cheaper, and their last item waits longer. */
const MAX_SET = 64
/** With as many as these, what a statement costs by itself is a small part of it. */
const FULL_SET = 16
/** While one statement waits for its commit, another can be worked on. */
const MAX_TOGETHER = 2
/** Fewer than the pool has, less those for sets: rows that stay locked must leave a connection to everything else. */
const MAX_ALONE = 3
/** Of items that have not begun. */
const MAX_WAITING = 1_024
/** Nobody waits for the result any more: WeChat counts a notice as lost after 5 s, and a guest taps again. */
const WAIT_AT_MOST_MS = 4_500

interface Member<Item, Result> {
  item: Item
  keys: string[]
  since: number
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Commits items by `work`, together with others that arrive at the same time.
 *
 * @returns a function for one item. It resolves once that is committed, and rejects when it is not, or perhaps not: with
 *   {@link BusyError} when it was not begun, because too many are waiting or it waited too long.
 */
export function createBatch<Item, Result>(work: BatchWork<Item, Result>): (item: Item) => Promise<Result> {
  const loners = createLoners(work)
  const inFlight = new Set<string>()
  let waiting: Member<Item, Result>[] = []
  let together = 0
  let isStarting = false

  // After what else has arrived in this turn, so that it goes with it.
  const start = () => {
    if (!isStarting) setImmediate(startSets)
    isStarting = true
  }

  const startSets = () => {
    isStarting = false
    while (startSet());
  }

  const startSet = (): boolean => {
    const hasRoom = together === 0 || (together < MAX_TOGETHER && waiting.length >= FULL_SET)
    if (!hasRoom) return false
    const { set, rest } = chooseSet(waiting, inFlight)
    waiting = rest
    if (set.length === 0) return false
    together += 1
    const keys = set.flatMap((member) => member.keys)
    for (const key of keys) inFlight.add(key)
    void commitSet(work, set, loners.add).finally(() => {
      together -= 1
      for (const key of keys) inFlight.delete(key)
      start()
    })
    return true
  }

  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.length + loners.count() >= MAX_WAITING) throw new BusyError('too many wait for a statement')
      waiting.push({ item, keys: work.keysOf(item), since: performance.now(), resolve, reject })
      // Not at each that comes after: those that wait may all be held back, and looking at them takes time.
      if (waiting.length % FULL_SET === 0) startSets()
      else start()
    })
}

/** The results of a set for `together`: of each item what `find` gives; undefined leaves it out. */
export function resultsOf<Item, Result>(
  items: Item[],
  find: (item: Item) => Result | undefined,
): ReadonlyMap<Item, Result> {
  const results = new Map<Item, Result>()
  for (const item of items) {
    const result = find(item)
    if (result !== undefined) results.set(item, result)
  }
  return results
}

/** Commits a set, and answers everybody in it but those that have to go alone. */
async function commitSet<Item, Result>(
  work: BatchWork<Item, Result>,
  set: Member<Item, Result>[],
  goAlone: (members: Member<Item, Result>[]) => void,
): Promise<void> {
  try {
    const results = await work.together(set.map(({ item }) => item))
    goAlone(set.filter(({ item }) => !results.has(item)))
    for (const { item, resolve } of set) {
      const result = results.get(item)
      if (result !== undefined) resolve(result)
    }
  } catch (error) {
    if (work.isFaultOfData(error)) goAlone(set)
    else for (const { reject } of set) reject(error)
  }
}

/** Commits members one by one, a few at once. */
function createLoners<Item, Result>({ alone }: Pick<BatchWork<Item, Result>, 'alone'>) {
  const waiting: Member<Item, Result>[] = []
  let running = 0

  const start = () => {
    while (startOne());
  }

  const startOne = (): boolean => {
    const member = running < MAX_ALONE ? waiting.shift() : undefined
    if (!member) return false
    if (isLate(member)) return true
    running += 1
    void alone(member.item)
      .then(member.resolve, member.reject)
      .finally(() => {
        running -= 1
        start()
      })
    return true
  }

  return {
    count: () => waiting.length,
    add: (members: Member<Item, Result>[]) => {
      waiting.push(...members)
      start()
    },
  }
}

/** The next set, in the order of arrival, and what stays behind. Whoever has waited too long is rejected. */
function chooseSet<Item, Result>(waiting: Member<Item, Result>[], inFlight: ReadonlySet<string>) {
  const taken = new Set<string>()
  const set: Member<Item, Result>[] = []
  const rest: Member<Item, Result>[] = []
  for (const member of waiting) {
    if (isLate(member)) continue
    const isFree = member.keys.every((key) => !inFlight.has(key) && !taken.has(key))
    // The keys of one that is held back are taken too: a later one must not overtake it.
    for (const key of member.keys) taken.add(key)
    if (isFree && set.length < MAX_SET) set.push(member)
    else rest.push(member)
  }
  return { set, rest }
}

/** Rejects a member that nobody waits for any more. @returns whether it did. */
function isLate<Item, Result>({ since, reject }: Member<Item, Result>): boolean {
  if (performance.now() - since <= WAIT_AT_MOST_MS) return false
  reject(new BusyError('a statement was not begun in time'))
  return true
}
