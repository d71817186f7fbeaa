import type { AppConfig } from '../config.ts'

/**
 * What is wrong with TRUSTED_PROXIES, as far as the settings tell; undefined when nothing is. The notice URL is https, and
 * we speak plain http: something stands before us.
 */
export function findProxyFault({
  trustedProxies,
  wechat,
}: Pick<AppConfig, 'trustedProxies' | 'wechat'>): { fault: string; remedy: string } | undefined {
  if (trustedProxies > 0 || !wechat.pay.notifyUrl.startsWith('https:')) return undefined
  return {
    fault: 'is 0, but https ends in a proxy before the API: all guests share the limits of its one address',
    remedy:
      'set TRUSTED_PROXIES to the number of proxies that write X-Forwarded-For: 1 for an nginx or a load balancer',
  }
}
