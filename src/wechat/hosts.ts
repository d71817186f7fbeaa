import type { NoAnswerError } from './http.ts'

/** How long calls stay away from a host that couldn't be reached, unless the other one can't be reached either. */
const AVOIDED_MS = 60_000

/**
 * WeChat Pay's second host. A signature doesn't cover the host, so the same request may go to either.
 *
 * Source: https://pay.weixin.qq.com/docs/merchant/apis/query-order/direct-jsons/query-by-out-trade-no.html
 */
const backups: Readonly<Record<string, string>> = {
  'https://api.mch.weixin.qq.com': 'https://api2.mch.weixin.qq.com',
}

/** Remembers which of WeChat Pay's hosts couldn't be reached. */
export interface Hosts {
  /** Where to send a call for `first`: there, or to its second for a minute after it couldn't be reached. */
  choose(first: URL): URL
  /** Takes note that `host` gave no answer. */
  silent(host: URL, error: NoAnswerError): void
}

/**
 * @param backupUrl the second host; WeChat Pay's own is known.
 * @param nowMs a clock that is never set back.
 */
export function createHosts(backupUrl?: string, nowMs = () => performance.now()): Hosts {
  const avoidedUntil = new Map<string, number>()
  const isAvoided = ({ origin }: URL) => nowMs() < (avoidedUntil.get(origin) ?? 0)
  return {
    choose(first) {
      const second = URL.parse(backupUrl ?? backups[first.origin] ?? '')
      return second && isAvoided(first) && !isAvoided(second) ? second : first
    },
    silent({ origin }, { mayHaveArrived, code }) {
      // A connection that breaks says nothing about the host; one that doesn't come about, or brings nothing, does.
      if (!mayHaveArrived || code === 'TIMEOUT') avoidedUntil.set(origin, nowMs() + AVOIDED_MS)
    },
  }
}
