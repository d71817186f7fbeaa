import { z } from 'zod'
import { notifyUrl, parseJsonBody, parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Answer, Call } from '../http/route.ts'
import type { World } from '../world.ts'

const Url = z.strictObject({ url: notifyUrl(255) })

/**
 * `POST /v3/merchant-service/complaint-notifications`: where notices of complaints go. WeChat doesn't document how it
 * refuses a second one.
 *
 * Source: https://pay.weixin.qq.com/docs/partner/apis/consumer-complaint/complaint-notifications/create-complaint-notifications.html
 */
export function createUrl(world: World, call: Call): Answer {
  const { url } = parseParameters(Url, parseJsonBody(call.body), 'body')
  if (currentUrl(world)) {
    throw new PayError(
      'INVALID_REQUEST',
      '投诉通知回调地址已存在',
      undefined,
      'There is a URL already: change it by PUT',
    )
  }
  return setUrl(world, url)
}

/** `PUT`: another one. */
export function updateUrl(world: World, call: Call): Answer {
  const { url } = parseParameters(Url, parseJsonBody(call.body), 'body')
  requireUrl(world)
  return setUrl(world, url)
}

/** `GET` */
export function queryUrl(world: World): Answer {
  return { status: 200, json: { mchid: world.credentials.mchid, url: requireUrl(world) } }
}

/** `DELETE`: no notices of complaints from now on. */
export function deleteUrl(world: World): Answer {
  requireUrl(world)
  world.ledger.commit(['complaintUrls', { mchid: world.credentials.mchid, url: null }])
  return { status: 204 }
}

function setUrl(world: World, url: string): Answer {
  const { mchid } = world.credentials
  world.ledger.commit(['complaintUrls', { mchid, url }])
  return { status: 200, json: { mchid, url } }
}

/** Where notices of complaints go, if the merchant wants them. */
export function currentUrl({ ledger, credentials }: World): string | null {
  return ledger.complaintUrls.get(credentials.mchid)?.url ?? null
}

function requireUrl(world: World): string {
  const url = currentUrl(world)
  if (url !== null) return url
  throw new PayError('RESOURCE_NOT_EXISTS', '查询的通知回调不存在', undefined, 'There is no URL: create one by POST')
}
