import type { SessionStateFragment } from '../generated/graphql.ts'

/** Where the session is kept while the app is closed: a browser's `localStorage` fits. */
export interface SessionStore {
  getItem(key: string): string | null | undefined | Promise<string | null | undefined>
  setItem(key: string, value: string): void | Promise<void>
}

/** A person who signed in. */
export type User = SessionStateFragment['user']

export interface KeptSession {
  accessToken: string
  user: User
  /** By the phone's own clock, in ms. */
  receivedAt: number
  refreshAt: number
}

const SIGNED_OUT = { signedOut: true } as const

type Kept = KeptSession | typeof SIGNED_OUT | undefined

/** By the phone's clock alone, which may be wrong: the server's is only used to tell how long a span is. */
export function toKept({ accessToken, user, expiresAt, refreshAfter }: SessionStateFragment): KeptSession {
  const receivedAt = Date.now()
  // No longer than the token lives, wherever in its life `refreshAfter` stands.
  const waitMs = Date.parse(expiresAt) - Date.parse(refreshAfter)
  return { accessToken, user, receivedAt, refreshAt: receivedAt + waitMs }
}

/** A clock that was turned back says nothing about how old the session is. */
export function isRefreshDue({ receivedAt, refreshAt }: KeptSession): boolean {
  const now = Date.now()
  return now >= refreshAt || now < receivedAt
}

/** The session of one server, in a store that may be shared with other pages, tabs, and servers. */
export interface SessionKeeper {
  /** The session to send; undefined for the anonymous. */
  current(): KeptSession | undefined
  /** Whether the person signed out, and hasn't signed in since. */
  isSignedOut(): boolean
  /** Reads the store: another page may have put a newer session there, or signed out. */
  load(): Promise<void>
  keep(session: KeptSession, options?: { inMemory?: boolean }): Promise<void>
  /** The server refused this token: it is not taken from the store again either. */
  drop(accessToken: string): void
  signOut(): Promise<void>
}

/** A store that fails is like an empty one: the session lives in memory then. */
export function createSessionKeeper(store: SessionStore | undefined, url: string): SessionKeeper {
  const key = `looklook-pay ${url}`
  let current: KeptSession | undefined
  let isSignedOut = false
  let refused: string | undefined

  const write = async (kept: KeptSession | typeof SIGNED_OUT) => {
    try {
      await store?.setItem(key, JSON.stringify(kept))
    } catch {
      // Full, or not allowed: the next start of the app signs in again.
    }
  }
  return {
    current: () => current,
    isSignedOut: () => isSignedOut,
    async load() {
      const kept = await read(store, key)
      if (!kept) return
      isSignedOut = 'signedOut' in kept
      if ('signedOut' in kept) current = undefined
      else if (kept.accessToken !== refused) current = kept
    },
    async keep(session, { inMemory = false } = {}) {
      current = session
      isSignedOut = false
      if (!inMemory) await write(session)
    },
    drop(accessToken) {
      if (current?.accessToken !== accessToken) return
      refused = accessToken
      current = undefined
    },
    signOut() {
      current = undefined
      isSignedOut = true
      return write(SIGNED_OUT)
    },
  }
}

/** Whatever else an app may have written there is no session. */
async function read(store: SessionStore | undefined, key: string): Promise<Kept> {
  try {
    const kept = JSON.parse((await store?.getItem(key)) || 'null') as Partial<KeptSession & typeof SIGNED_OUT> | null
    if (kept?.signedOut) return SIGNED_OUT
    return typeof kept?.accessToken === 'string' ? (kept as KeptSession) : undefined
  } catch {
    return undefined
  }
}
