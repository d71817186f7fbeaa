import { isIP } from 'node:net'
import { InvalidInputError } from '../errors.ts'
import type { Text } from '../texts.ts'
import { isPublicAddress } from './addresses.ts'
import { urlTexts } from './texts.ts'

export interface UrlRules {
  /** Https alone. */
  production: boolean
  /** Webhooks may go to private addresses. */
  allowPrivate: boolean
}

const MAX_LENGTH = 2_000

/** The host of a URL, as it is connected to: an IPv6 address without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

function refuse(text: Text): never {
  throw new InvalidInputError([{ path: 'url', text }])
}

/**
 * A URL that webhooks may be sent to, as far as it can be judged without its addresses: those are checked by each connection.
 *
 * @throws {InvalidInputError} saying why not.
 */
export function checkUrl(given: string, { production, allowPrivate }: UrlRules): URL {
  const url = URL.canParse(given) && given.length <= MAX_LENGTH ? new URL(given) : undefined
  if (!url) return refuse(urlTexts.noUrl(MAX_LENGTH))
  if (url.protocol !== 'https:' && (production || url.protocol !== 'http:')) refuse(urlTexts.noHttps)
  if (url.username !== '' || url.password !== '') refuse(urlTexts.credentials)
  if (url.hash !== '') refuse(urlTexts.fragment)
  const host = hostOf(url)
  const isPrivate = isIP(host) === 0 ? /^(.*\.)?localhost\.?$/.test(host) : !isPublicAddress(host)
  if (isPrivate && !allowPrivate) refuse(urlTexts.privateAddress)
  return url
}
