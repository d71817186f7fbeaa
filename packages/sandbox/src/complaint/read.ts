import { z } from 'zod'
import { toBeijingTime } from '../beijing-time.ts'
import { parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Answer, Call } from '../http/route.ts'
import type { World } from '../world.ts'
import { describeComplaint, describeEvent, describeListed } from './describe.ts'
import { find } from './events.ts'

const DAY_MS = 86_400_000
const LONGEST_DAYS = 30

/** `limit` and `offset` of a query, as text. */
function page(longest: number, usual: number) {
  return {
    limit: z.coerce.number().int().min(1).max(longest).default(usual),
    offset: z.coerce.number().int().min(0).default(0),
  }
}

const List = z.strictObject({
  ...page(50, 10),
  begin_date: z.iso.date(),
  end_date: z.iso.date(),
  complainted_mchid: z.string().max(64).optional(),
})
const History = z.strictObject(page(300, 100))

/** `GET /v3/merchant-service/complaints-v2`: those of some days in Beijing, newest first. */
export function listComplaints(world: World, call: Call): Answer {
  const { limit, offset, begin_date, end_date, complainted_mchid } = readQuery(List, call)
  const days = (Date.parse(end_date) - Date.parse(begin_date)) / DAY_MS
  if (days < 0 || days > LONGEST_DAYS) {
    const rule = `begin_date and end_date are at most ${LONGEST_DAYS} days apart, in this order`
    throw new PayError('PARAM_ERROR', '查询日期跨度不超过30天', { field: '/end_date', location: 'query' }, rule)
  }
  const found = [...world.ledger.complaints.values()]
    .filter(({ createdAt }) => {
      const day = toBeijingTime(createdAt).slice(0, 10)
      return (
        day >= begin_date &&
        day <= end_date &&
        (complainted_mchid ?? world.credentials.mchid) === world.credentials.mchid
      )
    })
    .toReversed()
  const data = found.slice(offset, offset + limit).map((complaint) => describeListed(world, complaint))
  return { status: 200, json: { data, limit, offset, total_count: found.length } }
}

/** `GET /v3/merchant-service/complaints-v2/{complaint_id}` */
export function queryComplaint(world: World, call: Call, [complaintId = '']: string[]): Answer {
  readQuery(z.strictObject({}), call)
  return { status: 200, json: describeComplaint(world, find(world, complaintId)) }
}

/** `GET /v3/merchant-service/complaints-v2/{complaint_id}/negotiation-historys`: newest first, which isn't documented. */
export function queryHistory(world: World, call: Call, [complaintId = '']: string[]): Answer {
  const { limit, offset } = readQuery(History, call)
  const { history } = find(world, complaintId)
  const data = history
    .toReversed()
    .slice(offset, offset + limit)
    .map(describeEvent)
  return { status: 200, json: { data, limit, offset, total_count: history.length } }
}

function readQuery<T>(schema: z.ZodType<T>, call: Call): T {
  return parseParameters(schema, Object.fromEntries(call.query), 'query')
}
