import { WechatInputError } from './errors.ts'
import { beijingTime, cutToFit, notifyUrl, oneLine, positiveFen, rules } from './input-rules.ts'

/** In code points and in UTF-16 units alike, since the documentation says only "characters". */
const MAX_DESCRIPTION_LENGTH = 127
const MAX_ATTACH_LENGTH = 128
const MAX_NOTIFY_URL_LENGTH = 255

export interface PrepayInput {
  appid: string
  mchid: string
  /** What the payer reads; shortened to 127 characters. */
  description: string
  outTradeNo: string
  /** The payment deadline. A later call can't change it. */
  timeExpire: Date
  notifyUrl: string
  totalFen: number
  /** The payer's openid under this `appid`. */
  openid: string
  /** WeChat returns it with the payment. */
  attach?: string
}

/**
 * The body of a prepay call. Store it with the attempt and send the same bytes every time: WeChat Pay refuses a number
 * that is repeated with other parameters.
 *
 * Source: wechatpay-go `services/payments/jsapi/models.go`.
 *
 * @throws {WechatInputError} naming the field that breaks a rule of WeChat Pay's.
 */
export function buildPrepayBody(input: PrepayInput): string {
  const description = cutToFit(oneLine(input.description), (text) => text.length <= MAX_DESCRIPTION_LENGTH).trimEnd()
  if (description === '') throw new WechatInputError('description', 'must not be empty')
  if (input.attach !== undefined && input.attach.length > MAX_ATTACH_LENGTH) {
    throw new WechatInputError('attach', `must be at most ${MAX_ATTACH_LENGTH} characters`)
  }
  return JSON.stringify({
    appid: rules.appid(input.appid),
    mchid: rules.mchid(input.mchid),
    description,
    out_trade_no: rules.outTradeNo(input.outTradeNo),
    time_expire: beijingTime('time_expire', input.timeExpire),
    ...(input.attach === undefined ? {} : { attach: input.attach }),
    notify_url: notifyUrl(input.notifyUrl, MAX_NOTIFY_URL_LENGTH),
    amount: { total: positiveFen('amount.total', input.totalFen), currency: 'CNY' },
    payer: { openid: rules.openid(input.openid) },
  })
}
