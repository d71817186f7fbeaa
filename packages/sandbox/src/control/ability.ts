import type { z } from 'zod'
import { issuesOf } from '../http/issues.ts'
import { parseJsonBody } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Route } from '../http/route.ts'
import type { World } from '../world.ts'

/** Something that the sandbox does when it's told to. */
interface Ability<Input> extends Pick<Route, 'method' | 'path' | 'does'> {
  /** The body of a POST, or the query of another method. `GET /` shows this schema. */
  input: z.ZodType<Input>
  handle(world: World, input: Input): unknown
}

/** The route of an ability, which refuses what its `input` doesn't accept. */
export function ability<Input>({ handle, ...listed }: Ability<Input>): Route {
  return {
    ...listed,
    async handle(world, call) {
      const given = call.method === 'POST' ? parseJsonBody(call.body) : Object.fromEntries(call.query)
      return { status: 200, json: await handle(world, read(listed.input, given)) }
    },
  }
}

/** Says all that is wrong, in words, since people read it. */
function read<Input>(schema: z.ZodType<Input>, given: unknown): Input {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const issues = issuesOf(parsed.error, given)
  const message = issues.map(({ field, rule }) => `${field} ${rule}`).join('; ')
  throw new PayError('PARAM_ERROR', message, { field: issues[0]?.field ?? '/' })
}
