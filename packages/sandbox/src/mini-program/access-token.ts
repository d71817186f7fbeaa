import { z } from 'zod'
import type { Answer, Call } from '../http/route.ts'
import { randomAlphanumeric } from '../numbers.ts'
import type { AccessToken } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { parseMiniProgramBody } from './body.ts'
import { MiniProgramRefusal } from './refusal.ts'

const LIFE_MS = 7200_000
/** In its last five minutes a token gets a successor, and both are valid. */
const OVERLAP_MS = 300_000
const FORCED_APART_MS = 30_000
const FORCED_PER_DAY = 20

const StableToken = z.strictObject({
  grant_type: z.string(),
  appid: z.string(),
  secret: z.string(),
  force_refresh: z.boolean().optional(),
})

/**
 * `POST /cgi-bin/stable_token`. Source:
 * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getStableAccessToken.html
 */
export function stableToken(world: World, call: Call): Answer {
  const request = parseMiniProgramBody(StableToken, call.body)
  requireApp(world, request)
  if (request.grant_type !== 'client_credential') throw new MiniProgramRefusal(40002)
  const now = world.now()
  const current = newestToken(world)
  if (request.force_refresh) {
    checkForcedRefresh(world, now)
    const revoked = current ? [['accessTokens', { ...current, expiresAt: 0 }] as const] : []
    const token = newToken(now, true)
    world.ledger.commit(...revoked, ['accessTokens', token])
    return tokenAnswer(token, now)
  }
  if (current && current.expiresAt - now > OVERLAP_MS) return tokenAnswer(current, now)
  const token = newToken(now, false)
  world.ledger.commit(['accessTokens', token])
  return tokenAnswer(token, now)
}

/**
 * `GET /cgi-bin/token`: a new token by each call; the one before works for five minutes more. Source:
 * https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getAccessToken.html
 */
export function plainToken(world: World, call: Call): Answer {
  const { appid, secret, grant_type: grantType } = Object.fromEntries(call.query)
  if (grantType !== 'client_credential') throw new MiniProgramRefusal(40002)
  requireApp(world, { appid, secret })
  const now = world.now()
  const earlier = [...world.ledger.accessTokens.values()].filter(({ plain, expiresAt }) => plain && expiresAt > now)
  const token: AccessToken = { ...newToken(now, false), plain: true }
  world.ledger.commit(
    ...earlier.map((each) => {
      const expiresAt = Math.min(each.expiresAt, now + OVERLAP_MS)
      return ['accessTokens', { ...each, expiresAt }] as const
    }),
    ['accessTokens', token],
  )
  return tokenAnswer(token, now)
}

/** @throws {MiniProgramRefusal} unless app id and secret are this mini-program's. */
export function requireApp(world: World, { appid, secret }: { appid?: string; secret?: string }): void {
  if (appid !== world.credentials.appid) throw new MiniProgramRefusal(40013)
  if (secret !== world.credentials.appSecret) throw new MiniProgramRefusal(40125)
}

/** @throws {MiniProgramRefusal} unless the call carries a valid token. */
export function requireAccessToken(world: World, call: Call): void {
  const given = call.query.get('access_token')
  if (!given) throw new MiniProgramRefusal(41001)
  const token = world.ledger.accessTokens.get(given)
  if (!token || token.expiresAt === 0) throw new MiniProgramRefusal(40001)
  if (token.expiresAt <= world.now()) throw new MiniProgramRefusal(42001)
}

/** Makes every token issued so far invalid (40001), as a forced refresh elsewhere does. */
export function revokeAccessTokens(world: World): void {
  const tokens = [...world.ledger.accessTokens.values()]
  world.ledger.commit(...tokens.map((token) => ['accessTokens', { ...token, expiresAt: 0 }] as const))
}

function newestToken(world: World): AccessToken | undefined {
  return [...world.ledger.accessTokens.values()].findLast(({ plain, expiresAt }) => !plain && expiresAt > world.now())
}

function newToken(now: number, forced: boolean): AccessToken {
  return {
    token: `${Math.floor(now / 1000)}_${randomAlphanumeric(140)}`,
    issuedAt: now,
    expiresAt: now + LIFE_MS,
    forced,
  }
}

function tokenAnswer(token: AccessToken, now: number): Answer {
  return {
    status: 200,
    json: { access_token: token.token, expires_in: Math.floor((token.expiresAt - now) / 1000) },
  }
}

function checkForcedRefresh(world: World, now: number): void {
  const forced = [...world.ledger.accessTokens.values()].filter((token) => token.forced)
  if (forced.some((token) => token.issuedAt > now - FORCED_APART_MS)) throw new MiniProgramRefusal(45011)
  const today = forced.filter((token) => token.issuedAt > now - 86_400_000)
  if (today.length >= FORCED_PER_DAY) throw new MiniProgramRefusal(45009)
}
