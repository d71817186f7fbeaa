/** HTTP status, WeChat's message, and the same in words for people, of each code: https://pay.weixin.qq.com/doc/v3/merchant/4012556398, 4012354972. */
const known = {
  ACCOUNT_ERROR: [403, '账号异常', 'The buyer’s account can’t pay'],
  APPID_MCHID_NOT_MATCH: [400, 'appid和mch_id不匹配', 'appid must be the one that is bound to the merchant'],
  BANK_ERROR: [500, '银行系统异常', 'The bank failed: repeat the call with the same parameters'],
  FREQUENCY_LIMITED: [429, '频率超限', 'This was asked for too often: wait, and repeat it with the same parameters'],
  INVALID_REQUEST: [400, '无效请求', 'The parameters are well-formed, but not possible as things are'],
  INVALID_TRANSACTIONID: [500, '订单号非法', 'transaction_id must be a number of WeChat Pay’s: 28 to 32 digits'],
  MCH_NOT_EXISTS: [400, '商户号不存在', 'mchid must be the merchant who signs'],
  NO_AUTH: [403, '商户无此接口权限', 'The merchant may not use this call'],
  NOT_ENOUGH: [
    403,
    '基本账户余额不足，请充值后重新发起',
    'The merchant’s account holds too little: top it up, and repeat the call with the same number',
  ],
  NO_STATEMENT_EXIST: [400, '账单文件不存在', 'There is no bill, since nothing happened on that day'],
  OPENID_MISMATCH: [500, 'openid和appid不匹配', 'openid must be a user of this appid'],
  ORDERPAID: [400, '该订单已支付', 'The order is paid already: query it'],
  ORDER_CLOSED: [400, '该订单已关闭', 'The order is closed: use a new out_trade_no'],
  ORDER_NOT_EXIST: [404, '订单不存在', 'No order has this number'],
  OUT_TRADE_NO_USED: [403, '商户订单号重复', 'Another order has this out_trade_no: each order has its own'],
  PARAM_ERROR: [400, '参数错误', 'A parameter is missing, wrong, or none of this call'],
  RATELIMIT_EXCEEDED: [429, '请求超过频率限制', 'Too many calls: slow down'],
  RATE_LIMITED: [429, '请求超过频率限制', 'Too many calls: slow down'],
  RESOURCE_NOT_EXISTS: [404, '查询的资源不存在', 'There is no such thing'],
  RULE_LIMIT: [403, '业务规则限制', 'A rule of the merchant’s account forbids it'],
  SERVICE_UNAVAILABLE: [503, '服务暂不可用', 'WeChat Pay is away: repeat the call with the same parameters'],
  SIGN_ERROR: [401, '签名错误，请检查后再试', 'The signature does not verify'],
  STATEMENT_CREATING: [400, '账单生成中', 'The bill is made at about 10:00 of the next day: ask again later'],
  SYSTEM_ERROR: [500, '系统异常，请稍后重试', 'WeChat Pay failed: repeat the call with the same parameters'],
  TRADE_ERROR: [403, '交易错误', 'The payment failed'],
  USER_ACCOUNT_ABNORMAL: [403, '用户账号异常', 'The buyer’s account can’t be refunded to'],
  USER_PAYING: [202, '用户支付中，需要输入密码', 'The buyer is still paying: query the order'],
} as const satisfies Record<string, readonly [number, string, string]>

const HAN = /\p{Script=Han}/u

export type PayErrorCode = keyof typeof known
export const payErrorCodes = Object.keys(known) as [PayErrorCode, ...PayErrorCode[]]

/**
 * A refusal by WeChat Pay: `{ code, message, detail? }`, with the status that belongs to the code. `rule` is the rule that
 * was broken, in words for people, which aren't sent.
 */
export class PayError extends Error {
  readonly code: PayErrorCode
  readonly status: number
  readonly detail: Record<string, unknown> | undefined
  readonly rule: string

  constructor(code: PayErrorCode, message?: string, detail?: Record<string, unknown>, rule?: string) {
    super(message ?? known[code][1])
    this.name = 'PayError'
    this.code = code
    this.status = known[code][0]
    this.detail = detail
    // A message that isn't Chinese is the sandbox's own, and in words already.
    this.rule = rule ?? (message && !HAN.test(message) ? message : known[code][2])
  }
}
