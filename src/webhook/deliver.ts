import type { Deps } from '../deps.ts'
import { createInHand } from '../infra/in-hand.ts'
import { getEvent } from '../payment/event.ts'
import type { Resolve } from './addresses.ts'
import { isSuccess, post } from './post.ts'
import { type Claimed, claimDue, recordDelivered, recordFailed } from './record.ts'
import { signedHeaders } from './signature.ts'

/** How soon more deliveries are looked for while some are still on their way. */
const LOOK_AGAIN_MS = 250

/** A run that stops waits for so long for its calls. One that takes longer is repeated once its claim has expired. */
const STOP_WITHIN_MS = 3_000

/** The specification's way to say that an endpoint wants nothing any more. */
const GONE = 410

/**
 * One run of the webhook loop: sends the deliveries that are due. Each endpoint has a few in flight and no more, and as some
 * end, more are claimed: one that is slow or dead keeps none of the others waiting.
 *
 * @param resolve finds the addresses of hosts; by the name servers where it isn't given.
 * @returns false once nothing is due that can be claimed, and all calls have ended. Soon after `stopping` in any case.
 */
export async function deliverDueWebhooks(
  deps: Deps,
  stopping = new AbortController().signal,
  resolve?: Resolve,
): Promise<false> {
  const inHand = createInHand()
  try {
    while (!stopping.aborted) {
      const claimed = await claimDue(deps.db)
      for (const each of claimed) inHand.add(deliver(deps, each, resolve))
      if (inHand.size() === 0) break
      await inHand.someEnd(LOOK_AGAIN_MS)
    }
  } finally {
    await inHand.allEnd(STOP_WITHIN_MS)
  }
  inHand.throwFirst()
  return false
}

async function deliver(deps: Deps, claimed: Claimed, resolve?: Resolve): Promise<void> {
  const { endpointId, paymentSn, version, tries, url } = claimed
  const event = await getEvent(deps.db, claimed)
  const body = JSON.stringify(event)
  const { production, webhook } = deps.config
  const headers = signedHeaders(event, body, claimed, new Date())
  const rules = { production, allowPrivate: webhook.allowPrivate }
  const { status, text } = await post({ url, headers, body, rules, resolve })
  deps.metrics.webhooks.inc({ outcome: isSuccess(status) ? 'delivered' : 'failed' })
  if (isSuccess(status)) return recordDelivered(deps.db, claimed, text)
  deps.log.info({ endpointId, paymentSn, version, tries, answer: text }, 'webhook not delivered')
  await recordFailed(deps, claimed, { answer: text, isGone: status === GONE })
}
