/** HTTP status and WeChat's message of each code: https://pay.weixin.qq.com/doc/v3/merchant/4012556398, 4012354972. */
const known = {
  ACCOUNT_ERROR: [403, '账号异常'],
  APPID_MCHID_NOT_MATCH: [400, 'appid和mch_id不匹配'],
  BANK_ERROR: [500, '银行系统异常'],
  FREQUENCY_LIMITED: [429, '频率超限'],
  INVALID_REQUEST: [400, '无效请求'],
  INVALID_TRANSACTIONID: [500, '订单号非法'],
  MCH_NOT_EXISTS: [400, '商户号不存在'],
  NO_AUTH: [403, '商户无此接口权限'],
  NOT_ENOUGH: [403, '基本账户余额不足，请充值后重新发起'],
  NO_STATEMENT_EXIST: [400, '账单文件不存在'],
  OPENID_MISMATCH: [500, 'openid和appid不匹配'],
  ORDERPAID: [400, '该订单已支付'],
  ORDER_CLOSED: [400, '该订单已关闭'],
  ORDER_NOT_EXIST: [404, '订单不存在'],
  OUT_TRADE_NO_USED: [403, '商户订单号重复'],
  PARAM_ERROR: [400, '参数错误'],
  RATELIMIT_EXCEEDED: [429, '请求超过频率限制'],
  RATE_LIMITED: [429, '请求超过频率限制'],
  RESOURCE_NOT_EXISTS: [404, '查询的资源不存在'],
  RULE_LIMIT: [403, '业务规则限制'],
  SERVICE_UNAVAILABLE: [503, '服务暂不可用'],
  SIGN_ERROR: [401, '签名错误，请检查后再试'],
  STATEMENT_CREATING: [400, '账单生成中'],
  SYSTEM_ERROR: [500, '系统异常，请稍后重试'],
  TRADE_ERROR: [403, '交易错误'],
  USER_ACCOUNT_ABNORMAL: [403, '用户账号异常'],
  USER_PAYING: [202, '用户支付中，需要输入密码'],
} as const satisfies Record<string, readonly [number, string]>

export type PayErrorCode = keyof typeof known
export const payErrorCodes = Object.keys(known) as [PayErrorCode, ...PayErrorCode[]]

/** A refusal by WeChat Pay: `{ code, message, detail? }`, with the status that belongs to the code. */
export class PayError extends Error {
  readonly code: PayErrorCode
  readonly status: number
  readonly detail: Record<string, unknown> | undefined

  constructor(code: PayErrorCode, message?: string, detail?: Record<string, unknown>) {
    super(message ?? known[code][1])
    this.name = 'PayError'
    this.code = code
    this.status = known[code][0]
    this.detail = detail
  }
}
