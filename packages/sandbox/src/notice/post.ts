import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

/** https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_2_5.shtml */
export const ANSWER_WITHIN_MS = 5_000

/**
 * The status that `url` answers within WeChat Pay's five seconds, or undefined when it doesn't. Redirects are not
 * followed. Never rejects.
 */
export function post(
  url: string,
  {
    headers,
    body,
    signal,
    withinMs = ANSWER_WITHIN_MS,
  }: { headers: Record<string, string>; body: string; signal: AbortSignal; withinMs?: number },
): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  const open = url.startsWith('https:') ? requestHttps : requestHttp
  const request = open(url, {
    method: 'POST',
    headers: { ...headers, 'Content-Length': Buffer.byteLength(body), Connection: 'close' },
    agent: false,
    signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]),
  })
  request.on('response', (response) => {
    resolve(response.statusCode)
    response.on('error', () => {}).resume()
  })
  request.on('error', () => resolve(undefined))
  request.end(body)
  return promise
}
