import { createHmac, timingSafeEqual } from 'node:crypto'

/** The session's id of a `Bearer` token (a JWT, HS256); null when it is forged, malformed or expired. */
export function readSessionId(authorization = '') {
  const [head, payload, signature] = authorization.replace(/^Bearer /, '').split('.')
  if (!signature) return null
  const expected = createHmac('sha256', process.env.SESSION_SECRET).update(`${head}.${payload}`).digest()
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null
  const { jti, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  return exp * 1000 > Date.now() ? jti : null
}
