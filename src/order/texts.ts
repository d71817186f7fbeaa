import type { OrderTradeState } from '../../prisma/client/enums.ts'
import type { Texts } from '../texts.ts'

/** What a guest calls the states of an order; in English they are called as in the API. */
const stateNames: Readonly<Record<OrderTradeState, string>> = {
  WAIT_PAY: '待支付',
  CANCELLED: '已取消',
  WAIT_USE: '待使用',
  USED: '已使用',
  REFUNDING: '退款中',
  REFUNDED: '已退款',
  EXPIRED: '已过期',
}

/** What the API says about homestay orders. */
export const orderTexts = {
  order: { en: 'order', zh: '订单' },
  homestay: { en: 'homestay', zh: '民宿' },
  nightsTaken: {
    en: 'The homestay is taken on at least one of these nights. Choose other dates or another homestay.',
    zh: '所选的日期里至少有一晚已被预订。请换个日期，或换一家民宿。',
  },
  tooManyUnpaid: (limit: number) => ({
    en: `You hold ${limit} unpaid order${limit === 1 ? '' : 's'}, the most allowed. Pay or cancel one first.`,
    zh: `您已有 ${limit} 个待支付的订单，达到上限。请先支付或取消一个。`,
  }),
  keyReused: {
    en: 'This idempotencyKey belongs to another booking. Make a new key for new input.',
    zh: '这个 idempotencyKey 已用于另一次预订。内容不同时请换一个新的。',
  },
  notCancellable: (state: OrderTradeState) => ({
    en: `The order is ${state} and can't be cancelled. Only an order in WAIT_PAY can.`,
    zh: `订单${stateNames[state]}，不能取消。只有待支付的订单可以取消。`,
  }),
  notCancellableUnderReview: {
    en: 'Money came for the order that doesn’t fit it, and an operator is looking at it. Until then the order can’t be cancelled.',
    zh: '收到的款项与订单不符，工作人员正在核对，核对完之前不能取消订单。',
  },
  codeInvalid: {
    en: 'This code can’t be redeemed here. Check it with the guest; a code works once, for its own homestay.',
    zh: '这个入住码在这里不能核销。请与客人核对；入住码只能用一次，且只用于它自己的民宿。',
  },
} satisfies Texts

/** Why an operator can't have done now what a loop does: the rule after the name of the field. */
export const urgeTexts = {
  notOverdue: {
    en: 'is no unpaid order whose deadline is over: nothing is to be closed',
    zh: '不是超过支付时间的待支付订单：没有什么要关闭的',
  },
  notToShip: {
    en: 'is no redeemed or expired order that WeChat doesn’t know of: nothing is to be reported',
    zh: '不是尚未上报微信的已核销或已过期订单：没有什么要上报的',
  },
} satisfies Texts

/** Why an order can't be refunded. */
export const notRefundableTexts = {
  state: (state: OrderTradeState) => ({
    en: `The order is ${state}. Only one that is paid and unused can be refunded.`,
    zh: `订单${stateNames[state]}。只有已支付且未使用的订单可以退款。`,
  }),
  beingRefunded: {
    en: 'The money is already on its way back. Wait for it; if it doesn’t come in a week, ask the host.',
    zh: '款项已在退回途中，请等待到账；一周内没有到账的话，请联系房东。',
  },
  begun: {
    en: 'The first day of the stay has begun, so the order can’t be refunded any more. Ask the host.',
    zh: '入住日已到，订单不能再退款。请联系房东。',
  },
  yearOver: {
    en: 'WeChat returns a payment for one year only, and that year is over or about to be, so the order can’t be refunded here any more. It stays valid: come, or ask the host.',
    zh: '微信支付只在付款后一年内退款，这一年已满或即将届满，订单不能再在这里退款。订单仍然有效：您可以照常入住，或联系房东。',
  },
  underReview: {
    en: 'Money came for the order that doesn’t fit it, and an operator is looking at it. Try again after the decision.',
    zh: '收到的款项与订单不符，工作人员正在核对。请在核对完之后再试。',
  },
  onHold: {
    en: 'WeChat reports a refund that isn’t known here yet, so the order can’t be refunded now. Try again later, or ask the host.',
    zh: '微信报告了一笔这里还没有记录的退款，订单现在不能退款。请稍后再试，或联系房东。',
  },
} satisfies Texts

/** The rules of input fields, each after the name of its field. */
export const fieldTexts = {
  arrivalNoDay: { en: 'must be a day like 2026-12-24', zh: '必须是日期，例如 2026-12-24' },
  leavingNoDay: { en: 'must be a day like 2026-12-25', zh: '必须是日期，例如 2026-12-25' },
  arrivalPast: { en: 'must be today or later', zh: '不能早于今天' },
  arrivalTooFar: (days: number) => ({ en: `must be within ${days} days`, zh: `必须在 ${days} 天以内` }),
  nights: (most: number) => ({
    en: `must be 1 to ${most} nights after liveStartDate`,
    zh: `必须在 liveStartDate 之后 1 到 ${most} 晚`,
  }),
  onePerson: { en: 'must be 1 or more', zh: '至少为 1' },
  tooManyPeople: (most: number) => ({
    en: `must be ${most} at the most: more don't fit in`,
    zh: `最多为 ${most}：再多住不下`,
  }),
  remarkTooLong: (most: number) => ({
    en: `must have ${most} characters at the most`,
    zh: `最多 ${most} 个字符`,
  }),
  remarkNoText: { en: 'must be plain text', zh: '必须是纯文本' },
  key: { en: 'must have 1 to 64 characters', zh: '必须有 1 到 64 个字符' },
  tooNear: { en: 'is too near to pay for the stay in time', zh: '离现在太近，来不及在此之前付款' },
  tooDear: { en: 'makes the stay dearer than can be paid at once', zh: '使总价超过一次能支付的金额' },
  reason: (most: number) => ({
    en: `must be text of ${most} characters at the most`,
    zh: `必须是文本，最多 ${most} 个字符`,
  }),
  tooManyTemplates: (most: number) => ({
    en: `must be ${most} ids at the most, with those of rejected`,
    zh: `连同 rejected，最多 ${most} 个 id`,
  }),
  alsoAccepted: { en: 'must not name an id of accepted', zh: '不能包含 accepted 中的 id' },
} satisfies Texts

/** What is asked of a range of nights. */
export const rangeTexts = {
  empty: {
    en: 'Ask for one night at least: `to` is the day after the last one.',
    zh: '至少要查询一晚：to 是最后一晚的次日。',
  },
  tooLong: (most: number) => ({
    en: `Ask for ${most} nights at the most; then for those after them.`,
    zh: `一次最多查询 ${most} 晚，其余的请分次查询。`,
  }),
} satisfies Texts
