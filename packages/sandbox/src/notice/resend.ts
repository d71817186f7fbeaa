import { randomUUID } from 'node:crypto'
import { PayError } from '../http/pay-error.ts'
import type { SignatureKind } from '../keys/signature-headers.ts'
import type { Notice } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { type SignedNotice, send, signNotice } from './deliver.ts'

export interface NoticeChanges {
  /** Replaces fields of what is encrypted: `{ amount: { … } }`. */
  content?: Record<string, unknown>
  /** Each copy gets an id of its own. */
  newId?: boolean
  signature?: SignatureKind
}

/**
 * The newest notice about a payment (out_trade_no) or a refund (out_refund_no), freshly encrypted and signed.
 *
 * @throws {PayError} RESOURCE_NOT_EXISTS when nothing was ever told about it.
 */
export function buildNotice(world: World, number: string, changes: NoticeChanges = {}): Promise<SignedNotice> {
  return signNotice(world, changedNotice(world, number, changes), changes.signature)
}

/** Sends it once more, in so many copies at once, beside the schedule. */
export function sendNotice(
  world: World,
  number: string,
  { copies = 1, ...changes }: NoticeChanges & { copies?: number } = {},
): Promise<(number | undefined)[]> {
  const notices = Array.from({ length: copies }, () => changedNotice(world, number, changes))
  return Promise.all(notices.map((notice) => send(world, notice, changes.signature)))
}

function changedNotice(world: World, number: string, { content, newId }: NoticeChanges): Notice {
  const notice = [...world.ledger.notices.values()].findLast((notice) => notice.subject === number)
  if (!notice) throw new PayError('RESOURCE_NOT_EXISTS', `There was no notice about ${number} yet`)
  return {
    ...notice,
    noticeId: newId ? randomUUID() : notice.noticeId,
    content: { ...notice.content, ...content },
  }
}
