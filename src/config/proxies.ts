import type { AppConfig } from '../config.ts'
import type { Text } from '../texts.ts'
import { faultTexts, settingRemedies } from './texts.ts'

/**
 * What is wrong with TRUSTED_PROXIES, as far as the settings tell; undefined when nothing is. The notice URL is https, and
 * we speak plain http: something stands before us.
 */
export function findProxyFault({
  trustedProxies,
  wechat,
}: Pick<AppConfig, 'trustedProxies' | 'wechat'>): { fault: Text; remedy: Text } | undefined {
  if (trustedProxies > 0 || !wechat.pay.notifyUrl.startsWith('https:')) return undefined
  return { fault: faultTexts.noProxies, remedy: settingRemedies.countProxies }
}
