/** https://developers.weixin.qq.com/miniprogram/dev/framework/ (the error code tables of each call) */
const known: Record<number, string> = {
  [-1]: 'system error',
  40001: 'invalid credential, access_token is invalid or not latest',
  40002: 'invalid grant_type',
  40003: 'invalid openid',
  40013: 'invalid appid',
  40029: 'invalid code',
  40037: 'invalid template_id',
  40125: 'invalid appsecret',
  40163: 'code been used',
  41001: 'access_token missing',
  42001: 'access_token expired',
  43101: 'user refuse to accept the msg',
  45009: 'reach max api daily quota limit',
  45011: 'api minute-quota reach limit, must slower, retry next minute',
  47001: 'data format error',
  47003: 'argument invalid!',
  10060001: '支付单不存在',
  10060003: '支付单已使用重新发货机会',
  10060014: '参数错误',
  10060031: '订单不属于openid所指定的用户',
}

/** A refusal by the mini-program API: HTTP 200 with `errcode` and `errmsg`. */
export class MiniProgramRefusal extends Error {
  readonly errcode: number

  constructor(errcode: number, message?: string) {
    super(message ?? known[errcode] ?? 'error')
    this.name = 'MiniProgramRefusal'
    this.errcode = errcode
  }
}
