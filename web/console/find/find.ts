import { call } from '../api/api.ts'
import type { Found, Timeline } from '../api/types.ts'
import { openLoaded } from '../parts/load.ts'

/** What a text leads to: the timeline of a number, or what else it may be a part of. */
export type Result = { timeline: Timeline } | { found: Found[] }

/** A number is looked up as it is first; what nothing has is searched for. */
export function openFind() {
  return openLoaded<string, Result>(async (text) => {
    const { timeline } = await call('timeline', { number: text })
    if (timeline) return { timeline }
    const { find } = await call('find', { text })
    return { found: find }
  })
}

export type Find = ReturnType<typeof openFind>
