import { z } from 'zod'
import { characters, parseJsonBody, parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Answer, Call } from '../http/route.ts'
import type { World } from '../world.ts'
import { find, recordEvent } from './events.ts'

/** With 500 characters, as the document of September 2025 says; earlier ones said 200. */
const Reply = z
  .strictObject({
    complainted_mchid: characters(64),
    response_content: characters(500),
    response_images: z.array(z.string().min(1)).max(4).optional(),
    jump_url: z
      .url({ protocol: /^https$/ })
      .max(512)
      .optional(),
    jump_url_text: characters(10).optional(),
    mini_program_jump_info: z
      .strictObject({ appid: z.string().min(1), path: z.string().min(1), text: z.string().min(1) })
      .optional(),
  })
  .refine((body) => (body.jump_url === undefined) === (body.jump_url_text === undefined), {
    message: 'jump_url和jump_url_text必须同时填写',
    params: { rule: 'jump_url and jump_url_text come together' },
  })
const Complete = z.strictObject({ complainted_mchid: characters(64) })

/**
 * `POST /v3/merchant-service/complaints-v2/{complaint_id}/response`: the first reply makes the complaint PROCESSING.
 *
 * Source: https://pay.weixin.qq.com/docs/partner/apis/consumer-complaint/complaints/response-complaint-v2.html
 */
export function reply(world: World, call: Call, [complaintId = '']: string[]): Answer {
  const { complainted_mchid, response_content } = parseParameters(Reply, parseJsonBody(call.body), 'body')
  requireAccused(world, complainted_mchid)
  const complaint = find(world, complaintId)
  const state = complaint.state === 'PENDING' ? 'PROCESSING' : complaint.state
  const event = { operator: '商家', type: 'MERCHANT_RESPONSE', text: response_content } as const
  recordEvent(world, { ...complaint, state, awaitsReply: false }, event)
  return { status: 204 }
}

/**
 * `POST /v3/merchant-service/complaints-v2/{complaint_id}/complete`: once. Whether WeChat wants a reply before isn't
 * documented; the sandbox wants none.
 *
 * Source: https://pay.weixin.qq.com/docs/merchant/apis/consumer-complaint/complaints/complete-complaint-v2.html
 */
export function complete(world: World, call: Call, [complaintId = '']: string[]): Answer {
  const { complainted_mchid } = parseParameters(Complete, parseJsonBody(call.body), 'body')
  requireAccused(world, complainted_mchid)
  const complaint = find(world, complaintId)
  if (complaint.state === 'PROCESSED') {
    throw new PayError('INVALID_REQUEST', '投诉单已处理完成', undefined, 'The complaint is PROCESSED already')
  }
  const event = { operator: '商家', type: 'MERCHANT_CONFIRM_COMPLETE', text: '' } as const
  recordEvent(world, { ...complaint, state: 'PROCESSED', awaitsReply: false }, event)
  return { status: 204 }
}

function requireAccused(world: World, mchid: string): void {
  if (mchid === world.credentials.mchid) return
  throw new PayError('NO_AUTH', undefined, undefined, `complainted_mchid is ${world.credentials.mchid} here`)
}
