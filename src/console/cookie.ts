import type { IncomingMessage } from 'node:http'
import { SESSION_SECONDS } from '../operator/session.ts'

/** The cookie that proves a session: for the console's own pages alone, and for no script. */
export interface SessionCookie {
  read(request: IncomingMessage): string | undefined
  /** The header that sets it. */
  set(token: string): string
  /** The header that deletes it. */
  clear(): string
}

/**
 * What browsers take over https alone, so that nobody on the way can plant one; and `__Host-` from this very host alone, so that
 * nobody who has a neighbouring name can either. That one wants the whole host.
 * Source: https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-4.1.3
 */
function prefixFor(pathname: string): string {
  return pathname === '/' ? '__Host-' : '__Secure-'
}

/** @param url by which operators reach the console. */
export function createSessionCookie(url: string): SessionCookie {
  const { protocol, pathname } = new URL(url)
  const isSecure = protocol === 'https:'
  const name = `${isSecure ? prefixFor(pathname) : ''}looklook_console`
  const attributes = `; Path=${pathname}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
  const pattern = new RegExp(`(?:^|;\\s*)${name}=([\\w-]+)(?:;|$)`)
  return {
    read: ({ headers }) => pattern.exec(headers.cookie ?? '')?.[1],
    set: (token) => `${name}=${token}; Max-Age=${SESSION_SECONDS}${attributes}`,
    clear: () => `${name}=; Max-Age=0${attributes}`,
  }
}
