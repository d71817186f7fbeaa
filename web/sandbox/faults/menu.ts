import type { Endpoint, FaultField, FaultKind, Listed } from '../api/types.ts'

/** A number that a fault may have, and its range. */
interface Range {
  min: number | undefined
  max: number | undefined
}

/** What can be armed, as the sandbox lists it. */
export interface FaultMenu {
  endpoints: Endpoint[]
  kindsOf(endpoint: Endpoint): FaultKind[]
  /** The field without which a kind means nothing. */
  fieldOf(kind: FaultKind): FaultField | undefined
  /** What `code` may be. */
  codes: string[]
  rangeOf(field: string): Range
}

/** The part of JSON schema that the sandbox describes a fault with. */
interface FaultSchema {
  properties: Record<string, { enum?: string[]; minimum?: number; maximum?: number }>
  allOf: [
    { anyOf: { properties: { endpoint: { enum: Endpoint[] }; kind: { enum: FaultKind[] } } }[] },
    { anyOf: { properties: { kind: { enum: FaultKind[] } }; required?: [FaultField] }[] },
  ]
}

/** Reads it from what `GET /` says about `POST /sandbox/faults`, which takes one fault or a list of them. */
export function readMenu({ sandbox }: { sandbox: Listed[] }): FaultMenu {
  const listed = sandbox.find(({ method, path }) => method === 'POST' && path === '/sandbox/faults')
  const body = listed?.body as { anyOf: [FaultSchema] } | undefined
  if (!body) throw new Error('The sandbox lists no POST /sandbox/faults')
  const { properties, allOf } = body.anyOf[0]
  const [byEndpoint, byKind] = allOf
  const kinds = new Map(
    byEndpoint.anyOf.flatMap(({ properties: { endpoint, kind } }) => endpoint.enum.map((each) => [each, kind.enum])),
  )
  const fields = new Map(
    byKind.anyOf.flatMap(({ properties: { kind }, required }) => kind.enum.map((each) => [each, required?.[0]])),
  )
  return {
    // In the order in which the sandbox lists them.
    endpoints: (properties['endpoint']?.enum ?? []) as Endpoint[],
    kindsOf: (endpoint) => kinds.get(endpoint) ?? [],
    fieldOf: (kind) => fields.get(kind),
    codes: properties['code']?.enum ?? [],
    rangeOf: (field) => ({ min: properties[field]?.minimum, max: properties[field]?.maximum }),
  }
}

/** Who is hit: WeChat's own notices, or calls to WeChat Pay or to the mini-program's API. */
export type Group = 'notices' | 'pay' | 'miniProgram'
export const GROUPS: readonly Group[] = ['notices', 'pay', 'miniProgram']

export function groupOf(menu: FaultMenu, endpoint: Endpoint): Group {
  const kinds = menu.kindsOf(endpoint)
  if (kinds.includes('lost')) return 'notices'
  return kinds.includes('errcode') ? 'miniProgram' : 'pay'
}
