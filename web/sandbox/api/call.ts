import type { CallName, Calls } from './types.ts'

/** An answer that takes longer never comes. */
const END_MS = 10_000

/** A refusal of the sandbox, in its words; `UNREACHABLE` where no answer came. */
export class SandboxError extends Error {
  readonly code: string

  constructor(code: string, message = '') {
    super(message)
    this.code = code
  }
}

/** What was answered last, by the call. */
const answers = new Map<CallName, { url: string; text: string; json: unknown }>()

/**
 * Asks the sandbox.
 *
 * @returns what it answers: of a GET that is answered like the last time, the same object.
 * @throws {SandboxError}
 */
export async function call<Name extends CallName>(
  name: Name,
  takes: Calls[Name]['takes'],
): Promise<Calls[Name]['gives']> {
  const [method = '', path = ''] = name.split(' ')
  const url = method === 'POST' ? path : `${path}${queryOf(takes)}`
  const { ok, text } = await send(url, method, method === 'POST' ? JSON.stringify(takes) : undefined)
  const last = answers.get(name)
  if (last?.url === url && last.text === text) return last.json as Calls[Name]['gives']
  if (!ok) throw refusalOf(text)
  const json = parse(text, 'UNREACHABLE')
  if (method === 'GET') answers.set(name, { url, text, json })
  return json as Calls[Name]['gives']
}

async function send(url: string, method: string, body?: string): Promise<{ ok: boolean; text: string }> {
  const headers = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  try {
    const response = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(END_MS) })
    return { ok: response.ok, text: await response.text() }
  } catch {
    throw new SandboxError('UNREACHABLE')
  }
}

function queryOf(takes: object): string {
  const given = Object.entries(takes).filter(([, value]) => value !== undefined && value !== '')
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return query === '' ? '' : `?${query}`
}

/** @param code of what is thrown where it is no JSON. */
function parse(text: string, code: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new SandboxError(code)
  }
}

function refusalOf(text: string): SandboxError {
  const { code, message } = parse(text, 'UNEXPECTED') as { code: string; message: string }
  return new SandboxError(code, message)
}
