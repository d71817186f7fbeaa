import http from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import { isPublicAddress, type Resolve, resolveHost } from './addresses.ts'
import { checkUrl, hostOf, type UrlRules } from './url-rules.ts'

export interface Post {
  url: string
  headers: Record<string, string>
  body: string
  rules: UrlRules
  /** Finds the addresses of its host; by the name servers where it isn't given. */
  resolve?: Resolve
  /** {@link POST_WITHIN_MS} where it isn't given. */
  withinMs?: number
}

/** What became of a call. */
export interface Answer {
  /** Null when there was no answer. */
  status: number | null
  /** Its beginning, or why there was none; for a person. */
  text: string
}

/** How long a call may take in all. */
const POST_WITHIN_MS = 15_000

/** What is read of an answer, which nobody needs but the person who looks for a fault. */
const READ_BYTES = 1_024

/** How long the rest of a good answer is waited for, so that its sender sees an end. Its call is in flight meanwhile. */
const LINGER_MS = 1_000
const MAX_HEADER_BYTES = 8 * 1_024

/**
 * Posts to an endpoint, over a new connection to an address that was checked: no name is resolved a second time. Redirects
 * aren't followed, and no more than the beginning of an answer is read. Resolves whatever happens, once nothing of it is left open.
 */
export async function post(input: Post): Promise<Answer> {
  try {
    const { status, text } = await exchange(input)
    return { status, text: readable(text) }
  } catch (error) {
    return { status: null, text: readable(describe(error)) }
  }
}

/** Without what a terminal would obey or hide, and what PostgreSQL doesn't store. */
function readable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Z}]+/gu, ' ').trim()
}

async function exchange({ url: text, headers, body, rules, ...input }: Post): Promise<Answer> {
  const { resolve: resolveBy = resolveHost, withinMs = POST_WITHIN_MS } = input
  // Rules may have become stricter since it was stored.
  const url = checkUrl(text, rules)
  const signal = AbortSignal.timeout(withinMs)
  const options: https.RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    agent: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    signal,
  }
  const host = hostOf(url)
  if (isIP(host) === 0) options.lookup = lookupOf(await within(signal, checkedAddresses(host, rules, resolveBy)))
  return new Promise((resolve, reject) => {
    let isAnswered = false
    const request = (url.protocol === 'https:' ? https : http).request(url, options, (response) => {
      isAnswered = true
      const status = response.statusCode ?? 0
      const isGood = isSuccess(status)
      let body = Buffer.alloc(0)
      const end = () => {
        request.destroy()
        resolve({ status, text: isGood ? `${status}` : `${status} ${body.toString('utf8').slice(0, 200)}` })
      }
      const lingering = isGood ? setTimeout(end, LINGER_MS) : undefined
      response.on('data', (chunk: Buffer) => {
        body = Buffer.concat([body, chunk])
        if (body.length >= READ_BYTES) end()
      })
      response.on('end', end)
      response.on('error', isGood ? end : reject)
      response.on('close', () => clearTimeout(lingering))
    })
    request.on('error', reject)
    // Node closes without an error what would become another protocol (101).
    request.on('close', () => isAnswered || reject(new Error('closed')))
    request.end(body)
  })
}

export function isSuccess(status: number | null): boolean {
  return status !== null && status >= 200 && status <= 299
}

/** @throws when one of its addresses isn't public: who controls the name may change the others, too. */
async function checkedAddresses(host: string, { allowPrivate }: UrlRules, resolve: Resolve): Promise<string[]> {
  const addresses = await resolve(host)
  const refused = allowPrivate ? undefined : addresses.find((address) => !isPublicAddress(address))
  if (refused !== undefined) throw new Error(`${host} leads to ${refused}, which is no public address`)
  return addresses
}

/** Answers with these addresses alone. */
function lookupOf(addresses: string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }))
  return (host, { all }, callback) => {
    const [first] = found
    if (all) callback(null, found)
    else if (first) callback(null, first.address, first.family)
    else callback(new Error(`${host} has no address`), '', 0)
  }
}

function within<Result>(signal: AbortSignal, result: Promise<Result>): Promise<Result> {
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  return Promise.race([result, late])
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer'
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'no answer in time'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return `no answer: ${[code, error.message].filter((part) => part !== '').join(' ')}`.slice(0, 300)
}
