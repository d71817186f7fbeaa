import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Answer, Call } from '../http/route.ts'
import type { World } from '../world.ts'
import { requireAccessToken, requireApp } from './access-token.ts'
import { parseMiniProgramBody } from './body.ts'
import { MiniProgramRefusal } from './refusal.ts'

const unionids = { absent: {}, null: { unionid: null }, empty: { unionid: '' } } as const

/**
 * `GET /sns/jscode2session`. The sandbox's codes: `code-NAME` signs in the user whose openid is NAME, any number of
 * times; `once-NAME` does so once, as WeChat's own codes do.
 */
export function codeToSession(world: World, call: Call): Answer {
  const { appid, secret, js_code: code, grant_type: grantType } = Object.fromEntries(call.query)
  requireApp(world, { appid, secret })
  if (grantType !== 'authorization_code') throw new MiniProgramRefusal(40002)
  const [, kind, openid] = /^(code|once)-([0-9A-Za-z_-]{1,128})$/.exec(code ?? '') ?? []
  if (code === undefined || openid === undefined) throw new MiniProgramRefusal(40029)
  if (world.ledger.usedCodes.has(code)) throw new MiniProgramRefusal(40163)
  world.ledger.commit(['users', { openid }], ...(kind === 'once' ? [['usedCodes', { code }] as const] : []))
  const sessionKey = randomBytes(16).toString('base64')
  return { status: 200, json: { session_key: sessionKey, openid, ...unionids[world.settings.unionid] } }
}

const PhoneCode = z.strictObject({ code: z.string(), openid: z.string().optional() })

/**
 * `POST /wxa/business/getuserphonenumber`. The sandbox's codes, once each: `phone-13800001234`;
 * `phone-13800001234-ANYTHING` is another code for the same number, and `phone-13800001234@OPENID` belongs to that
 * user alone.
 */
export function phoneNumber(world: World, call: Call): Answer {
  requireAccessToken(world, call)
  const { code, openid } = parseMiniProgramBody(PhoneCode, call.body)
  const [, number, owner] = /^phone-(1\d{10})(?:-[0-9A-Za-z_-]+)?(?:@([0-9A-Za-z_-]+))?$/.exec(code) ?? []
  if (number === undefined || world.ledger.usedCodes.has(code)) throw new MiniProgramRefusal(40029)
  if (owner !== undefined && openid !== undefined && owner !== openid) throw new MiniProgramRefusal(40029)
  world.ledger.commit(['usedCodes', { code }])
  return {
    status: 200,
    json: {
      errcode: 0,
      errmsg: 'ok',
      phone_info: {
        phoneNumber: number,
        purePhoneNumber: number,
        countryCode: '86',
        watermark: { timestamp: Math.floor(world.now() / 1000), appid: world.credentials.appid },
      },
    },
  }
}
