import type { IncomingMessage } from 'node:http'

/** Of answers that are one result. Where a range of `accept` covers both, the last one is sent. */
const RESULT_TYPES = ['application/graphql-response+json', 'application/json']

/** Whether the request sends JSON, and says so in a spelling that Yoga takes. */
export function sendsJson({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const contentType = headers['content-type'] ?? ''
  return contentType === 'application/json' || contentType.startsWith('application/json;')
}

/**
 * The media type of a result, as Yoga chooses it: of the first range that covers one, whatever its `q`. Undefined where
 * `accept` covers none, or another character set alone.
 */
export function resultTypeFor({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  // What clients send who don't care, and those who are no browser.
  if (!headers.accept || headers.accept === '*/*' || headers.accept === 'application/json') return 'application/json'
  const ranges = headers.accept.replace(/\s/g, '').toLowerCase().split(',')
  for (const range of ranges) {
    const [mediaType = '', ...params] = range.split(';')
    const charset = params.find((param) => param.includes('charset='))
    if (charset !== undefined && charset !== 'charset=utf-8') continue
    const [type, subtype] = mediaType.split('/')
    const found = RESULT_TYPES.findLast((each) => {
      const [ofType, ofSubtype] = each.split('/')
      return (type === '*' || type === ofType) && (subtype === '*' || subtype === ofSubtype)
    })
    if (found !== undefined) return found
  }
  return undefined
}
