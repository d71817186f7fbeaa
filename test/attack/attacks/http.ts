import { Agent, type IncomingMessage, request } from 'node:http'
import { ATTACKER, type Count } from '../attack.ts'

const ANSWERED_WITHIN_MS = 60_000

export interface Sent {
  path?: string
  body: string
  headers?: Record<string, string>
}

/**
 * Posts all of them at once over so many connections, and counts the answers: by the code of the first error, or of the
 * error that a mutation answers; by the status where there is none.
 */
export async function postAll(api: string, posts: Sent[], count: Count, connections = 16): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, localAddress: ATTACKER })
  await Promise.all(posts.map(async (sent) => count(await post(agent, api, sent))))
  agent.destroy()
}

function post(agent: Agent, api: string, { path = '/graphql', body, headers = {} }: Sent): Promise<string> {
  return new Promise((resolve) => {
    const sent = request(`${api}${path}`, {
      agent,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      timeout: ANSWERED_WITHIN_MS,
    })
    sent.once('timeout', () => sent.destroy(new Error('timed out')))
    sent.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    sent.once('response', (response) => void readAnswer(response).then(resolve, () => resolve('cut off')))
    sent.end(body)
  })
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
  return /"code":"([A-Z_]+)"/.exec(text)?.[1] ?? String(response.statusCode)
}

/** The body of an operation. */
export function operation(query: string, variables?: object): string {
  return JSON.stringify({ query, variables })
}

/** So many of them. */
export function times<Item>(count: number, make: (index: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
