import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Part } from '../infra/part.ts'
import { readBody } from './body.ts'
import { sendJson } from './json.ts'

const MAX_BYTES = 1024
const Change = z.strictObject({ part: z.string(), isUp: z.boolean() })

/** The parts of this process that the page may take away, by their names. */
export type Parts = Readonly<Record<string, Part>>

/** Which of the parts are there. */
export function describeParts(parts: Parts): Record<string, boolean> {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.isUp()]))
}

/**
 * `POST /page/parts` with `{ part, isUp }`: takes a part away, or brings it back, and answers which are there. A page of
 * another origin can't: browsers say where a request comes from, and don't send JSON elsewhere without asking first.
 */
export async function changePart(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST')
    return sendJson(response, 405, { message: 'Use POST' })
  }
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return sendJson(response, 403, { message: 'For the page alone' })
  if (request.headers['content-type'] !== 'application/json') return sendJson(response, 415, { message: 'Send JSON' })
  const change = await readChange(request)
  const part = change && Object.hasOwn(parts, change.part) ? parts[change.part] : undefined
  if (!change || !part) {
    return sendJson(response, 400, { message: `Send { part, isUp }; the parts: ${Object.keys(parts).join(', ')}` })
  }
  await part.set(change.isUp)
  sendJson(response, 200, describeParts(parts))
}

async function readChange(request: IncomingMessage): Promise<z.infer<typeof Change> | undefined> {
  try {
    const body = await readBody(request, MAX_BYTES)
    return Change.safeParse(JSON.parse(body.toString())).data
  } catch {
    return undefined
  }
}
