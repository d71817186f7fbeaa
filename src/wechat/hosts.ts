import type { NoAnswerError } from './http.ts'

/** How long calls avoid a host that couldn't be reached, unless the other one can't be reached either. */
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
  /** The host for a call: `first`, or its backup for a minute after `first` couldn't be reached. */
  choose(first: URL): URL
  /** Records that `host` gave no answer. */
  silent(host: URL, error: NoAnswerError): void
}

/**
 * @param backupUrl the backup host; that of WeChat Pay's own host is built in.
 * @param nowMs a monotonic clock.
 */
export function createHosts(backupUrl?: string, nowMs = () => performance.now()): Hosts {
  const avoidedUntil = new Map<string, number>()
  const isAvoided = ({ origin }: URL) => nowMs() < (avoidedUntil.get(origin) ?? 0)
  return {
    choose(first) {
      if (!isAvoided(first)) return first
      const second = URL.parse(backupUrl ?? backups[first.origin] ?? '')
      return second && !isAvoided(second) ? second : first
    },
    silent({ origin }, { mayHaveArrived, code }) {
      // A connection that breaks says nothing about the host; one that can't be made, or gets no answer in time, does.
      if (!mayHaveArrived || code === 'TIMEOUT') avoidedUntil.set(origin, nowMs() + AVOIDED_MS)
    },
  }
}
