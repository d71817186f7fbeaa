import { z } from 'zod'
import { beijingDigits } from '../beijing-time.ts'
import { ability } from '../control/ability.ts'
import { characters, fen } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Route } from '../http/route.ts'
import { randomDigits } from '../numbers.ts'
import type { Complaint } from '../store/complaint.ts'
import type { World } from '../world.ts'
import { find, recordEvent } from './events.ts'

const NewComplaint = z.strictObject({
  outTradeNo: z.string(),
  text: characters(300),
  problemType: z.enum(['REFUND', 'SERVICE_NOT_WORK', 'OTHERS']).default('OTHERS'),
  /** With REFUND: what the user wants back; everything by default. */
  refundFen: fen.optional(),
  phone: z
    .string()
    .regex(/^1\d{10}$/)
    .optional(),
})
const NewMessage = z.strictObject({ complaintId: z.string(), text: characters(300) })

/** What a user complains about, in WeChat. */
export type NewComplaint = z.input<typeof NewComplaint>

/**
 * Complains about a paid order as its user does in WeChat, and sends the notice COMPLAINT.CREATE.
 *
 * @throws {PayError} ORDER_NOT_EXIST; INVALID_REQUEST when the order isn't paid.
 */
export function complain(world: World, input: NewComplaint): { complaintId: string } {
  const { outTradeNo, text, problemType, refundFen, phone } = NewComplaint.parse(input)
  const order = world.ledger.orders.get(outTradeNo)
  if (!order) throw new PayError('ORDER_NOT_EXIST')
  if (!order.payment) throw new PayError('INVALID_REQUEST', 'Only who has paid an order can complain about it')
  const now = world.now()
  const complaint: Complaint = {
    complaintId: `2000000${beijingDigits(now).day}${randomDigits(12)}`,
    outTradeNo,
    text,
    problemType,
    ...(problemType === 'REFUND' ? { wantedFen: refundFen ?? order.totalFen } : {}),
    ...(phone === undefined ? {} : { phone }),
    state: 'PENDING',
    createdAt: now,
    awaitsReply: true,
    history: [],
  }
  recordEvent(world, complaint, { operator: '投诉人', type: 'USER_CREATE_COMPLAINT', text })
  return { complaintId: complaint.complaintId }
}

/** What users do about an order in WeChat, when they aren't content. */
export const complaintControls: Route[] = [
  ability({
    method: 'POST',
    path: '/sandbox/complaints',
    does: 'complains about a paid order as its user does in WeChat, and sends the notice',
    input: NewComplaint,
    handle: complain,
  }),
  ability({
    method: 'POST',
    path: '/sandbox/complaint-messages',
    does: 'says something more about a complaint, as its user does, and sends the notice',
    input: NewMessage,
    handle(world, { complaintId, text }) {
      const complaint = { ...find(world, complaintId), awaitsReply: true }
      recordEvent(world, complaint, { operator: '投诉人', type: 'USER_RESPONSE', text })
      return { complaintId }
    },
  }),
]
