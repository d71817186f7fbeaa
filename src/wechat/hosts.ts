import type { NoAnswerError } from './http.ts'

/** How long calls stay away from a host that couldn't be reached, unless the other one can't be reached either. */
const AVOIDED_MS = 60_000

/**
 * WeChat Pay's second host. A signature doesn't cover the host, so the same request may go to either.
 *
 * Source: https://developers.weixin.qq.com/community/pay/doc/00006469dc08c8c5fd6909a355ac00
 */
const backups: Readonly<Record<string, string>> = {
  'https://api.mch.weixin.qq.com': 'https://api2.mch.weixin.qq.com',
}

/** Which of WeChat Pay's hosts the next call goes to. */
export interface Hosts {
  current(): URL
  /** Takes note that `host` gave no answer. */
  silent(host: URL, error: NoAnswerError): void
}

/** `first`, and for a minute after it couldn't be reached the second, where there is one. */
export function chooseHosts(first: URL, backupUrl = backups[first.origin]): Hosts {
  const second = backupUrl === undefined ? first : new URL(backupUrl)
  let avoidFirstUntil = 0
  return {
    current: () => (performance.now() < avoidFirstUntil ? second : first),
    silent(host, { mayHaveArrived, code }) {
      // A connection that breaks says nothing about the host; one that doesn't come about, or brings nothing, does.
      if (mayHaveArrived && code !== 'TIMEOUT') return
      avoidFirstUntil = host === first ? performance.now() + AVOIDED_MS : 0
    },
  }
}
