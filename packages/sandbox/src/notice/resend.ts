import { randomUUID } from 'node:crypto'
import { PayError } from '../http/pay-error.ts'
import type { SignatureKind } from '../keys/signature-headers.ts'
import type { Notice } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { send } from './deliver.ts'
import { type SignedNotice, signNotice } from './sign.ts'

export interface NoticeChanges {
  /** Replaces fields of the content before it is encrypted: `{ amount: { … } }`. */
  content?: Record<string, unknown>
  /** Gives each copy an id of its own. */
  newId?: boolean
  signature?: SignatureKind
}

/**
 * The newest notice about a payment (out_trade_no) or a refund (out_refund_no), freshly encrypted and signed, unsent.
 *
 * @throws {PayError} RESOURCE_NOT_EXISTS when there was no notice about it.
 */
export async function buildNotice(world: World, number: string, changes: NoticeChanges = {}): Promise<SignedNotice> {
  return signNotice(world, changed(latestNotice(world, number), changes), changes.signature)
}

/**
 * Sends it again, outside the schedule, in so many copies at once. Resolves with the status that was answered to each
 * copy, or undefined where no answer came.
 *
 * @throws {PayError} RESOURCE_NOT_EXISTS when there was no notice about it.
 */
export async function sendNotice(
  world: World,
  number: string,
  { copies = 1, ...changes }: NoticeChanges & { copies?: number } = {},
): Promise<(number | undefined)[]> {
  const latest = latestNotice(world, number)
  const notices = Array.from({ length: copies }, () => changed(latest, changes))
  return Promise.all(notices.map((notice) => send(world, notice, changes.signature)))
}

function latestNotice(world: World, number: string): Notice {
  const notice = [...world.ledger.notices.values()].findLast((notice) => notice.subject === number)
  if (!notice) throw new PayError('RESOURCE_NOT_EXISTS', `There was no notice about ${number} yet`)
  return notice
}

function changed(notice: Notice, { content, newId }: NoticeChanges): Notice {
  return {
    ...notice,
    noticeId: newId ? randomUUID() : notice.noticeId,
    content: { ...notice.content, ...content },
  }
}
