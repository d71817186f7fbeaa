const DAY_MS = 86_400_000

/**
 * WeChat refunds a payment within one year of it, and refuses whatever is requested later.
 * Source: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_1_9.shtml
 */
const YEAR_MS = 365 * DAY_MS

/** A guest's refund may be refused for days, as while the account is short of money, and still be taken within the year. */
const SPARE_MS = 7 * DAY_MS

/** Whether WeChat takes no refund any more of what was paid then. */
export function isYearOver(paidAt: Date | null | undefined, now: Date): boolean {
  return !!paidAt && now.getTime() >= paidAt.getTime() + YEAR_MS
}

/** The same for a refund that a guest asks for, a week earlier. */
export function isYearAlmostOver(paidAt: Date | null | undefined, now: Date): boolean {
  return isYearOver(paidAt, new Date(now.getTime() + SPARE_MS))
}
