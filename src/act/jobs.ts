import { NotFoundError } from '../errors.ts'
import type { Tx } from '../infra/database.ts'
import {
  type DeadLetter,
  dropDeadLetters,
  listDeadLetters,
  lockDeadLetters,
  replayDeadLetters,
} from '../infra/dead-letters.ts'
import type { Queue } from '../infra/queue.ts'
import { recordAct } from '../operator/act.ts'
import { type Desk, logAct, type Outcome, tryOut, type Wish } from './desk.ts'
import { NotReplayableError } from './errors.ts'
import { jobTexts } from './texts.ts'

const MOST_AT_ONCE = 1_000

/**
 * Enqueues dead letters again as the jobs that they were, or drops them: then nobody does their work.
 *
 * @param input.ids of those that are meant; all of them when it is 'all'.
 * @throws {NotFoundError} when none of these ids is a dead letter.
 * @throws {NotReplayableError} when none of them could be replayed.
 */
export async function endDeadLetters(
  desk: Desk,
  { ids, end }: { ids: string[] | 'all'; end: 'replay' | 'drop' },
  wish: Wish,
): Promise<Outcome> {
  const { by } = wish
  const queue = end === 'replay' ? await desk.openQueue() : undefined
  const { found, ended } = await tryOut(desk.db, wish, async (tx) => {
    const letters = await lockDeadLetters(tx, ids === 'all' ? await allIds(tx) : ids)
    const endedLetters = await endLocked(tx, letters, queue)
    for (const letter of endedLetters)
      await recordAct(tx, { by, action: `jobs ${end}`, number: numberOf(letter), detail: detailOf(letter) })
    return { found: letters, ended: endedLetters }
  })
  if (found.length === 0 && ids !== 'all') throw new NotFoundError(jobTexts.deadLetter)
  const missing = ids === 'all' ? [] : ids.filter((id) => !found.some((letter) => letter.id === id))
  const stayed = found.filter((letter) => !ended.includes(letter))
  logAct(desk.log, wish, { action: `jobs ${end}`, count: ended.length })
  return {
    result: { jobs: ended, missing, stayed },
    sentences: [
      ...ended.map((letter) => jobTexts[end](describeDeadLetter(letter))),
      ...stayed.map((letter) => jobTexts.stays(describeDeadLetter(letter))),
      ...missing.map((id) => jobTexts.noDeadLetter(id)),
    ],
  }
}

/** @param queue where they are replayed; without one they are dropped. @returns those that have ended. */
async function endLocked(tx: Tx, letters: DeadLetter[], queue: Queue | undefined): Promise<DeadLetter[]> {
  if (letters.length === 0) return letters
  const ids = letters.map(({ id }) => id)
  if (queue) {
    const moved = await replayDeadLetters(queue, tx, ids)
    if (moved.size === 0) throw new NotReplayableError()
    return letters.filter(({ id }) => moved.has(id))
  }
  await dropDeadLetters(tx, ids)
  return letters
}

async function allIds(tx: Tx): Promise<string[]> {
  return (await listDeadLetters(tx, { limit: MOST_AT_ONCE })).map(({ id }) => id)
}

function numberOf({ data }: DeadLetter): string {
  const { paymentSn, orderSn } = (data ?? {}) as { paymentSn?: unknown; orderSn?: unknown }
  return [paymentSn, orderSn].find((number) => typeof number === 'string') ?? ''
}

function detailOf({ id, job }: DeadLetter) {
  return { id, job }
}

/** In one line. */
export function describeDeadLetter({ id, job, data, deadSince, retries }: DeadLetter): string {
  return `${id} ${job} ${JSON.stringify(data)} dead since ${deadSince.toISOString()}, retries ${retries ?? 0}`
}
