/** What `wx.requestPayment` gets, signed. */
export interface PayParams {
  /** Signed, but not passed to `wx.requestPayment`. */
  appId: string
  /** Unix time in seconds, as text. */
  timeStamp: string
  nonceStr: string
  package: string
  signType: 'RSA'
  paySign: string
}

/** A double tap comes sooner. WeChat takes parameters for minutes. */
const REUSED_MS = 4_000
/** Half a megabyte: each has about 500 bytes. */
const MOST_KEPT = 1_000

/** Signed parameters, given again for a few seconds: a signature is the dearest part of a tap. */
export interface SignedParams {
  /** What was signed under `key` lately, or is being signed; else what `sign` gives. A failure is forgotten. */
  reuse(key: string, sign: () => Promise<PayParams>): Promise<PayParams>
}

export function createSignedParams(now: () => Date): SignedParams {
  // Oldest first.
  const kept = new Map<string, { atMs: number; params: Promise<PayParams> }>()
  const isFresh = (atMs: number) => Math.abs(now().getTime() - atMs) < REUSED_MS

  return {
    reuse(key, sign) {
      const found = kept.get(key)
      if (found && isFresh(found.atMs)) return found.params
      for (const [oldest, { atMs }] of kept) {
        if (kept.size < MOST_KEPT && isFresh(atMs)) break
        kept.delete(oldest)
      }
      const params = sign()
      kept.delete(key)
      kept.set(key, { atMs: now().getTime(), params })
      params.catch(() => kept.delete(key))
      return params
    },
  }
}
