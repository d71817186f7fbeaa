import { z } from 'zod'
import { payErrorCodes } from '../http/pay-error.ts'
import { type Endpoint, endpoints, type FaultField, type FaultKind, fieldOf, kinds, kindsOf } from './fault-kinds.ts'

export const Fault = z
  .strictObject({
    endpoint: z.enum(endpoints),
    kind: z.enum(kinds),
    /** The number of calls that it hits; all of them until it is cleared, when absent. */
    times: z.int().min(1).optional(),
    /** Hits this percentage of the calls, drawn from `seed`; every call, when absent. */
    percent: z.number().min(0).max(100).optional(),
    /** With `percent`: the same seed hits the same of its calls, counted from the first; 0 by default. */
    seed: z.int().optional(),
    /** Hits only calls whose path or body contains this: an out_trade_no, an openid … */
    match: z.string().min(1).optional(),
    /** Of `error`. */
    code: z.enum(payErrorCodes).optional(),
    /** Of `errcode`. */
    errcode: z.int().optional(),
    /** Of `slow` and `late`. */
    delayMs: z.int().min(0).max(60_000).optional(),
    /** Of `storm`. */
    copies: z.int().min(2).max(1_000).optional(),
    /** Of `wrong-amount`. */
    amountFen: z.int().min(0).max(2_147_483_647).optional(),
  })
  .superRefine((fault, context) => {
    const allowed = kindsOf[fault.endpoint]
    if (!allowed.includes(fault.kind)) {
      context.addIssue({
        code: 'custom',
        path: ['kind'],
        message: `must be one of ${allowed.join(', ')} for ${fault.endpoint}`,
      })
    }
    const field = fieldOf[fault.kind]
    if (field !== undefined && fault[field] === undefined) {
      context.addIssue({ code: 'custom', path: [field], message: `${fault.kind} needs ${field}` })
    }
  })
  .meta({ allOf: [{ anyOf: kindsByEndpoint() }, { anyOf: fieldsByKind() }] })
export type Fault = z.infer<typeof Fault>

/** One, or a list of them. */
export const GivenFaults = z.union([Fault, z.array(Fault)])
export const FaultFilter = z.strictObject({ endpoint: z.enum(endpoints).optional() })

/** Which kinds an endpoint has, as JSON schema says it; endpoints that have the same ones stand together. */
function kindsByEndpoint(): object[] {
  const groups = Map.groupBy(endpoints, (endpoint) => kindsOf[endpoint].join())
  return [...groups.values()].map((group) => ({
    properties: { endpoint: { enum: group }, kind: { enum: kindsOf[group[0] as Endpoint] } },
  }))
}

/** Which kinds need a field, as JSON schema says it. */
function fieldsByKind(): object[] {
  const groups = Map.groupBy<FaultField | undefined, FaultKind>(kinds, (kind) => fieldOf[kind])
  return [...groups].map(([field, group]) => ({
    properties: { kind: { enum: group } },
    ...(field === undefined ? {} : { required: [field] }),
  }))
}
