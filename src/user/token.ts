import { createHmac, timingSafeEqual } from 'node:crypto'

/** All tokens are signed by HS256 and say nothing else before their claims: a header is never parsed, only compared. */
const HEADER = Buffer.from(JSON.stringify({ alg: 'HS256' })).toString('base64url')

export interface TokenClaims {
  sessionId: string
  expiresAt: Date
}

/** A signed token (JWT, RFC 7519) of this session, in the one spelling that `readToken` takes. */
export function signToken(secret: string, { sessionId, expiresAt }: TokenClaims): string {
  const claims = { jti: sessionId, exp: toSeconds(expiresAt.getTime()) }
  const signed = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  return `${signed}.${sign(secret, signed)}`
}

/** The session of a token; null when we didn't sign it, or when it has expired. */
export function readToken(secret: string, token: string): string | null {
  const known = verified.get(token)
  const claims = known?.secret === secret ? known : verify(secret, token)
  return claims && claims.exp > toSeconds(Date.now()) ? claims.jti : null
}

interface Verified {
  secret: string
  jti: string
  exp: number
}

/** How many tokens are remembered; each takes some 300 bytes. */
const MOST_VERIFIED = 10_000

/**
 * Tokens that we have signed, which a client sends with each operation: what they claim never changes. Whether their session
 * is revoked stands in the database, and is read each time.
 */
const verified = new Map<string, Verified>()

function verify(secret: string, token: string): Verified | null {
  const [header, payload, signature, ...rest] = token.split('.')
  if (header !== HEADER || payload === undefined || signature === undefined || rest.length > 0) return null
  if (!isSame(signature, sign(secret, `${header}.${payload}`))) return null
  const { jti, exp } = parseClaims(Buffer.from(payload, 'base64url').toString())
  if (typeof jti !== 'string' || typeof exp !== 'number') return null
  const [oldest] = verified.size >= MOST_VERIFIED ? verified.keys() : []
  if (oldest !== undefined) verified.delete(oldest)
  const claims = { secret, jti, exp }
  verified.set(token, claims)
  return claims
}

/** None where the text is no claims, though it is signed: by somebody else who has the secret. */
function parseClaims(payload: string): { jti?: unknown; exp?: unknown } {
  try {
    return Object(JSON.parse(payload)) as object
  } catch {
    return {}
  }
}

function sign(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url')
}

/** Compares in constant time. */
function isSame(given: string, expected: string): boolean {
  const [ours, theirs] = [Buffer.from(expected), Buffer.from(given)]
  return ours.length === theirs.length && timingSafeEqual(ours, theirs)
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1000)
}
