import type { IncomingMessage } from 'node:http'
import type { ConnectionLimitsInput } from './connections.ts'

/** Watches for a proxy that TRUSTED_PROXIES doesn't count, and says it once: all its guests would be one address. */
export function watchForProxies({
  config,
  log,
}: Pick<ConnectionLimitsInput, 'config' | 'log'>): (request: IncomingMessage) => void {
  let isSaid = config.trustedProxies > 0
  return ({ headers }) => {
    if (isSaid || headers['x-forwarded-for'] === undefined) return
    isSaid = true
    log.warn('X-Forwarded-For seen, and TRUSTED_PROXIES is 0: guests behind one proxy share the limits of its address')
  }
}
