import { z } from 'zod'
import { openid, parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import { type Consent, consentKey } from '../store/ledger.ts'
import type { World } from '../world.ts'

/** Source: https://developers.weixin.qq.com/miniprogram/dev/api/open-api/subscribe-message/wx.requestSubscribeMessage.html */
const MAX_TEMPLATES = 5

export const Answer = z.strictObject({
  openid,
  accepted: z.array(z.string()).default([]),
  rejected: z.array(z.string()).default([]),
})

/** What a user answers, on the phone, to `wx.requestSubscribeMessage`: ids of templates. */
export type ConsentAnswer = z.input<typeof Answer>

/** How many more messages of a template a user may be sent. */
export interface ConsentLeft {
  templateId: string
  left: number
}

/**
 * Answers `wx.requestSubscribeMessage` as a user does. Each acceptance allows one message more; a rejection takes no
 * earlier consent back.
 *
 * @returns what the user's consents allow now.
 * @throws {PayError} when WeChat wouldn't ask like that: no template, more than five, one twice, or one of another app.
 */
export function answerConsent(world: World, input: unknown): ConsentLeft[] {
  const { openid: user, accepted, rejected } = parseParameters(Answer, input, 'body')
  const asked = [...accepted, ...rejected]
  if (asked.length === 0 || asked.length > MAX_TEMPLATES)
    throw new PayError('PARAM_ERROR', `Between 1 and ${MAX_TEMPLATES} templates are asked about at once`)
  if (new Set(asked).size !== asked.length) throw new PayError('PARAM_ERROR', 'A template is asked about once')
  const unknown = asked.find((id) => !world.templates.has(id))
  if (unknown !== undefined) throw new PayError('PARAM_ERROR', `The mini-program has no template ${unknown}`)
  world.ledger.commit(
    ...accepted.map((templateId) => {
      const consent = findConsent(world, user, templateId)
      return ['consents', { ...consent, left: consent.left + 1 }] as const
    }),
  )
  return [...world.templates.keys()]
    .map((templateId) => ({ templateId, left: findConsent(world, user, templateId).left }))
    .filter(({ left }) => left > 0)
}

/** The consent of a user to messages of a template, of which nothing may be left. */
export function findConsent(world: World, user: string, templateId: string): Consent {
  const none = { openid: user, templateId, left: 0 }
  return world.ledger.consents.get(consentKey(none)) ?? none
}
