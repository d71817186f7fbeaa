/** What WeChat's clients call: WeChat Pay, its spares for when that can't be reached, and the mini-program API. */
export const playedHosts = [
  'api.mch.weixin.qq.com',
  'api2.mch.weixin.qq.com',
  'api2.wechatpay.cn',
  'api.weixin.qq.com',
] as const

/** Whether the sandbox plays this host, whatever case it is spelled in. */
export function isPlayed(host: string): boolean {
  return playedHosts.some((played) => played === host.toLowerCase())
}
