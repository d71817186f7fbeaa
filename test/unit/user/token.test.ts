import { createHmac } from 'node:crypto'
import { assert, asyncProperty, constant, date, oneof, property, record, string, uuid } from 'fast-check'
import { jwtVerify, SignJWT } from 'jose'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { readToken, signToken } from '../../../src/user/token.ts'

const SECRET = 'a secret of the tests that is long enough'
const key = new TextEncoder().encode(SECRET)

const inAnHour = () => new Date(Date.now() + 3_600_000)
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token of these parts, signed by whatever HMAC. */
function forge(header: unknown, claims: unknown, { hash = 'sha256', secret = SECRET } = {}): string {
  const signed = `${encode(header)}.${encode(claims)}`
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`
}

/** What jose makes of a token under the rules of ours. */
async function readByJose(token: string): Promise<string | null> {
  const options = { algorithms: ['HS256'], requiredClaims: ['jti', 'exp'] }
  return jwtVerify(token, key, options).then(
    ({ payload }) => payload.jti ?? null,
    () => null,
  )
}

describe('a session token', () => {
  test('is a JWT that jose accepts, of the session that it names', async () => {
    await assert(
      asyncProperty(
        oneof(uuid(), string()),
        date({ min: inAnHour(), noInvalidDate: true }),
        async (sessionId, expiresAt) => {
          const token = signToken(SECRET, { sessionId, expiresAt })
          expect([readToken(SECRET, token), await readByJose(token)]).toEqual([sessionId, sessionId])
        },
      ),
    )
  })

  test('is read as before where jose signed it', async () => {
    const token = await new SignJWT().setProtectedHeader({ alg: 'HS256' }).setJti('x').setExpirationTime('1h').sign(key)
    expect(readToken(SECRET, token)).toBe('x')
    expect(token).toBe(signToken(SECRET, { sessionId: 'x', expiresAt: new Date(expiryOf(token) * 1000) }))
  })

  test('is never taken where jose refuses it', async () => {
    const alg = oneof(constant('HS256'), constant('none'), constant('HS512'), constant('RS256'), string())
    const exp = oneof(constant(0), constant(1e12), constant('9999999999'), constant(null), constant(undefined))
    const jti = oneof(constant('x'), constant(undefined), constant(7))
    const hash = oneof(constant('sha256'), constant('sha512'))
    const secret = oneof(constant(SECRET), string())
    await assert(
      asyncProperty(record({ alg, exp, jti, hash, secret }), async ({ alg, exp, jti, hash, secret }) => {
        const token = forge({ alg }, { jti, exp }, { hash, secret })
        const ours = readToken(SECRET, token)
        expect([null, await readByJose(token)]).toContain(ours)
      }),
      { numRuns: 500 },
    )
  })

  test('is refused once any character of it is changed', () => {
    const token = signToken(SECRET, { sessionId: 'x', expiresAt: inAnHour() })
    for (let at = 0; at < token.length; at++) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
      expect([changed, readToken(SECRET, changed)]).toEqual([changed, null])
    }
  })

  test('that was read before is refused where it is changed, under another secret, and once it has expired', () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const token = signToken(SECRET, { sessionId: 'x', expiresAt: inAnHour() })
    for (let time = 0; time < 2; time++) expect(readToken(SECRET, token)).toBe('x')
    expect(readToken(SECRET, `${token}=`)).toBeNull()
    expect(readToken(`${SECRET} not`, token)).toBeNull()
    expect(readToken(SECRET, token)).toBe('x')
    vi.setSystemTime(Date.now() + 3_600_000)
    expect(readToken(SECRET, token)).toBeNull()
  })

  test('is read however many others were read since', () => {
    const tokenOf = (sessionId: string) => signToken(SECRET, { sessionId, expiresAt: inAnHour() })
    const first = tokenOf('first')
    expect(readToken(SECRET, first)).toBe('first')
    for (let other = 0; other < 10_001; other++) readToken(SECRET, tokenOf(`${other}`))
    expect(readToken(SECRET, first)).toBe('first')
  })

  test('is refused when it is no token', () => {
    assert(property(string(), (text) => readToken(SECRET, text) === null))
  })

  const claims = { jti: 'x', exp: expiryIn(3_600) }
  for (const [what, token] of [
    ['unsigned', `${encode({ alg: 'none' })}.${encode(claims)}.`],
    ['signed as it says, by none', forge({ alg: 'none' }, claims)],
    ['signed by another algorithm', forge({ alg: 'HS512' }, claims, { hash: 'sha512' })],
    ['signed by another algorithm than it says', forge({ alg: 'HS256' }, claims, { hash: 'sha512' })],
    ['signed by another secret', forge({ alg: 'HS256' }, claims, { secret: `${SECRET} not` })],
    ['of another form', forge({ alg: 'HS256', crit: ['b64'], b64: false }, claims)],
    ['expired', forge({ alg: 'HS256' }, { ...claims, exp: expiryIn(-1) })],
    ['without a session', forge({ alg: 'HS256' }, { exp: claims.exp })],
    ['without an end', forge({ alg: 'HS256' }, { jti: 'x' })],
    ['of no claims', forge({ alg: 'HS256' }, null)],
    ['of four parts', `${forge({ alg: 'HS256' }, claims)}.`],
    ['with its signature in another spelling', `${forge({ alg: 'HS256' }, claims)}=`],
  ] as const) {
    test(`is refused when it is ${what}`, () => {
      expect(readToken(SECRET, token)).toBeNull()
    })
  }
})

function expiryIn(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds
}

function expiryOf(token: string): number {
  const [, payload = ''] = token.split('.')
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp: number }).exp
}
