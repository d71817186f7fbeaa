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

/** The same in words for people, where WeChat's message doesn't say it. */
const rules: Record<number, string> = {
  40001: 'access_token is none that is valid: get one from /cgi-bin/stable_token',
  40002: 'grant_type is client_credential for a token, authorization_code for a login',
  40003: 'touser is the openid of a user who has signed in or paid',
  40013: 'appid is that of this mini-program',
  40029: 'The code is one of wx.login: here code-NAME or once-NAME, and for a phone number phone-13800001234',
  40125: 'secret is that of this mini-program',
  40163: 'A code can be used once: sign in anew',
  42001: 'access_token has expired: get one from /cgi-bin/stable_token',
  43101: 'The user has no consent left for this template: one consent, one message',
  10060001: 'The order is not paid, or not known',
  10060003: 'Shipping info can be corrected once',
  10060031: 'payer.openid is who paid the order',
}

/** A refusal by the mini-program API: HTTP 200 with `errcode` and `errmsg`. */
export class MiniProgramRefusal extends Error {
  readonly errcode: number
  /** The rule that was broken, in words for people, which aren't sent. */
  readonly rule: string

  constructor(errcode: number, message?: string) {
    super(message ?? known[errcode] ?? 'error')
    this.name = 'MiniProgramRefusal'
    this.errcode = errcode
    this.rule = rules[errcode] ?? this.message
  }
}
