import { PayError } from '../http/pay-error.ts'
import { complaintNotice } from '../notice/build.ts'
import { scheduleNotice } from '../notice/deliver.ts'
import { randomDigits } from '../numbers.ts'
import type { Complaint, ComplaintEvent } from '../store/complaint.ts'
import type { World } from '../world.ts'
import { currentUrl } from './notifications.ts'

/** @throws {PayError} RESOURCE_NOT_EXISTS when there is no such complaint. */
export function find(world: World, complaintId: string): Complaint {
  const complaint = world.ledger.complaints.get(complaintId)
  if (!complaint)
    throw new PayError('RESOURCE_NOT_EXISTS', '投诉单不存在', undefined, 'No complaint has this complaint_id')
  return complaint
}

/** Saves a complaint as it is after an event, and sends the notice if the merchant has set a URL for those. */
export function recordEvent(
  world: World,
  complaint: Complaint,
  event: Pick<ComplaintEvent, 'operator' | 'type' | 'text'>,
): void {
  const at = world.now()
  const history = [...complaint.history, { logId: `3002853${randomDigits(20)}`, at, ...event }]
  const url = currentUrl(world)
  const notice = url ? complaintNotice(world, { url, complaintId: complaint.complaintId, type: event.type }) : undefined
  world.ledger.commit(['complaints', { ...complaint, history }], ...(notice ? [['notices', notice] as const] : []))
  if (notice) scheduleNotice(world, notice)
}
