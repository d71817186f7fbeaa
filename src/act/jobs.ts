import { NotFoundError } from '../errors.ts'
import type { Tx } from '../infra/database.ts'
import {
  type DeadLetter,
  dropDeadLetters,
  listDeadLetters,
  lockDeadLetters,
  replayDeadLetters,
} from '../infra/dead-letters.ts'
import { recordAct } from '../operator/act.ts'
import { type Desk, logAct, type Outcome, tryOut, type Wish } from './desk.ts'
import { jobTexts } from './texts.ts'

const MOST_AT_ONCE = 1_000

/**
 * Enqueues dead letters again as the jobs that they were, or drops them: then nobody does their work.
 *
 * @param input.ids of those that are meant; all of them when it is 'all'.
 * @throws {NotFoundError} when none of these ids is a dead letter.
 */
export async function endDeadLetters(
  desk: Desk,
  { ids, end }: { ids: string[] | 'all'; end: 'replay' | 'drop' },
  wish: Wish,
): Promise<Outcome> {
  const { by } = wish
  const queue = end === 'replay' ? await desk.openQueue() : undefined
  const found = await tryOut(desk.db, wish, async (tx) => {
    const letters = await lockDeadLetters(tx, ids === 'all' ? await allIds(tx) : ids)
    if (letters.length === 0) return letters
    const lockedIds = letters.map(({ id }) => id)
    if (queue) await replayDeadLetters(queue, tx, lockedIds)
    else await dropDeadLetters(tx, lockedIds)
    for (const letter of letters)
      await recordAct(tx, { by, action: `jobs ${end}`, number: numberOf(letter), detail: detailOf(letter) })
    return letters
  })
  if (found.length === 0 && ids !== 'all') throw new NotFoundError(jobTexts.deadLetter)
  const missing = ids === 'all' ? [] : ids.filter((id) => !found.some((letter) => letter.id === id))
  logAct(desk.log, wish, { action: `jobs ${end}`, count: found.length })
  return {
    result: { jobs: found, missing },
    sentences: [
      ...found.map((letter) => jobTexts[end](describeDeadLetter(letter))),
      ...missing.map((id) => jobTexts.noDeadLetter(id)),
    ],
  }
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
