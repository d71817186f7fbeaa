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
/** What is kept takes so many bytes at most: some 6,000 taps, more than a process signs in that time. */
const MOST_BYTES = 8 * 1024 * 1024
/** What one entry takes besides its texts, which engines keep at two bytes a character at most. */
const ENTRY_BYTES = 256
/** Characters of what is signed besides the key's: the signature of a 4,096-bit key, and what is short. */
const SIGNED_CHARACTERS = 800

/** Signed parameters, given again for a few seconds: a signature is the dearest part of a tap. */
export interface SignedParams {
  /** What was signed under `key` lately, or is being signed; else what `sign` gives. A failure is forgotten. */
  reuse(key: string, sign: () => Promise<PayParams>): Promise<PayParams>
}

/** @param mostBytes how much is kept at most; the oldest go first. */
export function createSignedParams(now: () => Date, mostBytes = MOST_BYTES): SignedParams {
  // Oldest first.
  const kept = new Map<string, { atMs: number; params: Promise<PayParams> }>()
  let bytes = 0
  const isFresh = (atMs: number) => Math.abs(now().getTime() - atMs) < REUSED_MS
  const forget = (key: string) => {
    if (kept.delete(key)) bytes -= bytesOf(key)
  }

  return {
    reuse(key, sign) {
      const found = kept.get(key)
      if (found && isFresh(found.atMs)) return found.params
      forget(key)
      bytes += bytesOf(key)
      for (const [oldest, { atMs }] of kept) {
        if (bytes <= mostBytes && isFresh(atMs)) break
        forget(oldest)
      }
      const entry = { atMs: now().getTime(), params: sign() }
      kept.set(key, entry)
      entry.params.catch(() => {
        if (kept.get(key) === entry) forget(key)
      })
      return entry.params
    },
  }
}

/** The key holds the `prepay_id`, which is part of what is signed. */
function bytesOf(key: string): number {
  return ENTRY_BYTES + 2 * (2 * key.length + SIGNED_CHARACTERS)
}
