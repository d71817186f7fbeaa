import { removeListener } from '../payment/outbox/listeners.ts'
import { change, type Desk, type Outcome, type Wish } from './desk.ts'
import { listenerTexts } from './texts.ts'

/** Lets a listener hear of nothing any more. @throws as {@link removeListener}. */
export async function endListener(desk: Desk, job: string, wish: Wish): Promise<Outcome> {
  const about = { action: 'listener remove', number: job }
  const removed = await change(desk, wish, about, (tx) => removeListener(tx, job))
  return { result: { listener: removed }, sentences: [listenerTexts.removed(removed.job)] }
}
