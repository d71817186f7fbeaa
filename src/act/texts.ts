import type { Text, Texts } from '../texts.ts'
import { yuan } from '../timeline/entry.ts'

interface Money {
  fen: number
  transactionId: string
  paymentSn: string
  orderSn: string
}

/** What was decided about a mismatch, and by whom. */
export interface Decided {
  id: string
  resolution: string | null
  decidedBy: string | null
}

/** What a report that fits has settled, nobody has decided. */
const deciderOf = ({ resolution, decidedBy }: Decided) =>
  resolution === 'SETTLED'
    ? { en: 'by a report that fits', zh: '由相符的通知入账' }
    : { en: `decided by ${decidedBy ?? 'somebody'}`, zh: `由 ${decidedBy ?? '他人'} 决定` }

/** Fen as Chinese writes them. */
const yuanZh = (fen: number) => `${(fen / 100).toFixed(2)} 元`

/** What is decided about a mismatch. */
export const reviewTexts = {
  decided: (id: string, resolution: string) => ({
    en: `mismatch ${id} is ${resolution}`,
    zh: `异常单 ${id} 的结果为 ${resolution}`,
  }),
  already: (decided: Decided) => ({
    en: `mismatch ${decided.id} is ${decided.resolution} already, ${deciderOf(decided).en}`,
    zh: `异常单 ${decided.id} 已是 ${decided.resolution}，${deciderOf(decided).zh}`,
  }),
  decidedBefore: (decided: Decided) => ({
    en: `mismatch ${decided.id} is ${decided.resolution} already, ${deciderOf(decided).en}: that holds`,
    zh: `异常单 ${decided.id} 已是 ${decided.resolution}，${deciderOf(decided).zh}：以此为准`,
  }),
  wouldAccept: ({ fen, transactionId, paymentSn, orderSn }: Money) => ({
    en: `would settle ${yuan(fen)} of transaction ${transactionId} as payment ${paymentSn}, and apply it to order ${orderSn}`,
    zh: `将把微信支付单 ${transactionId} 的 ${yuanZh(fen)}记为支付单 ${paymentSn} 的收款，并用于订单 ${orderSn}`,
  }),
  wouldRefund: ({ fen, transactionId, paymentSn, orderSn }: Money) => ({
    en: `would cancel order ${orderSn}, and refund ${yuan(fen)} of transaction ${transactionId} of payment ${paymentSn}`,
    zh: `将取消订单 ${orderSn}，并退回支付单 ${paymentSn} 下微信支付单 ${transactionId} 的 ${yuanZh(fen)}`,
  }),
  wouldDismiss: (id: string) => ({
    en: `would dismiss mismatch ${id}: no money moves, and the same report changes nothing any more`,
    zh: `将驳回异常单 ${id}：不动资金，同样的通知不再引起任何变化`,
  }),
  waits: {
    en: 'The decision is stored, and a worker carries it out once WeChat answers.',
    zh: '决定已保存，微信恢复应答后由 worker 执行。',
  },
} satisfies Texts

/** A refund as WeChat reports it. */
interface Reported {
  outRefundNo: string
  outTradeNo: string
  refundFen: number
  status: string
}

/** What is done about a refund. */
export const refundTexts = {
  retried: (outRefundNo: string) => ({
    en: `refund ${outRefundNo} is tried within seconds, while a worker runs`,
    zh: `只要有 worker 运行，退款单 ${outRefundNo} 将在几秒内重试`,
  }),
  merchantCard: { en: 'the merchant’s card', zh: '商户的银行卡' },
  otherCard: { en: 'another card of the guest’s', zh: '客人的另一张银行卡' },
  wouldSend: ({ fen, outRefundNo, status }: { fen: number; outRefundNo: string; status: string }, to: Text) => ({
    en: `would send ${yuan(fen)} of refund ${outRefundNo}, which is ${status}, to ${to.en}`,
    zh: `将把退款单 ${outRefundNo}（${status}）的 ${yuanZh(fen)}退到${to.zh}`,
  }),
  sentTo: (outRefundNo: string, to: Text) => ({
    en: `refund ${outRefundNo} is sent to ${to.en}`,
    zh: `退款单 ${outRefundNo} 已退往${to.zh}`,
  }),
  wouldAdopt: ({ outRefundNo, outTradeNo, refundFen, status }: Reported, known: string | undefined) => ({
    en: `would record refund ${outRefundNo} of ${yuan(refundFen)} of payment ${outTradeNo}, which WeChat reports as ${status}: ${known === undefined ? 'it isn’t in our books yet' : `it is in our books already, as ${known}`}`,
    zh: `将把支付单 ${outTradeNo} 的退款单 ${outRefundNo}（${yuanZh(refundFen)}，微信报告为 ${status}）记账：${known === undefined ? '账上还没有这笔退款' : `账上已有这笔退款，状态为 ${known}`}`,
  }),
} satisfies Texts

/** What adopting a refund came to. */
export const adoptionTexts = {
  MOVED: (outRefundNo: string) => ({
    en: `refund ${outRefundNo} is in our books`,
    zh: `退款单 ${outRefundNo} 已入账`,
  }),
  SAME: (outRefundNo: string) => ({
    en: `refund ${outRefundNo} was in our books before`,
    zh: `退款单 ${outRefundNo} 此前已在账上`,
  }),
  MISMATCH: (outRefundNo: string) => ({
    en: `refund ${outRefundNo} doesn’t fit our books: see review list`,
    zh: `退款单 ${outRefundNo} 与账目不符：请查看待复核列表`,
  }),
} satisfies Texts

/** What is done about an order. */
export const orderActTexts = {
  apply: (orderSn: string, state: string) => ({
    en: `would apply its payments to order ${orderSn}, which is ${state}`,
    zh: `将把支付结果同步到订单 ${orderSn}（${state}）`,
  }),
  close: (orderSn: string, state: string) => ({
    en: `would close at WeChat, and cancel, order ${orderSn}, which is ${state}`,
    zh: `将在微信关单并取消订单 ${orderSn}（${state}）`,
  }),
  ship: (orderSn: string, state: string) => ({
    en: `would report to WeChat order ${orderSn}, which is ${state}`,
    zh: `将向微信上报订单 ${orderSn}（${state}）的发货信息`,
  }),
  done: (orderSn: string, before: string, state: string) => ({
    en: `order ${orderSn} was ${before}, and is ${state}`,
    zh: `订单 ${orderSn} 原为 ${before}，现为 ${state}`,
  }),
} satisfies Texts

/** What is done about dead letters. */
export const jobTexts = {
  deadLetter: { en: 'dead letter', zh: '死信任务' },
  replay: (letter: string) => ({ en: `replay: ${letter}`, zh: `重放：${letter}` }),
  drop: (letter: string) => ({ en: `drop: ${letter}`, zh: `删除：${letter}` }),
  notReplayable: {
    en: 'It stays a dead letter: no worker knows its queue any more, or that has the same job already.',
    zh: '仍为死信任务：已没有 worker 使用它的队列，或队列中已有同样的任务。',
  },
  stays: (letter: string) => ({
    en: `not replayed, its queue is gone or has the same job already: ${letter}`,
    zh: `未重放，其队列已不存在，或已有同样的任务：${letter}`,
  }),
  noDeadLetter: (id: string) => ({
    en: `${id} is no dead letter (any more)`,
    zh: `${id} 不是（或已不再是）死信任务`,
  }),
} satisfies Texts

export const billActTexts = {
  dismissed: (billOn: string, classes: string) => ({
    en: `${classes} of ${billOn}: dismissed, and counted no more; no money moves`,
    zh: `${billOn} 的 ${classes} 已处理，不再计入差异；没有资金变动`,
  }),
  wouldDismiss: (billOn: string, classes: string) => ({
    en: `would dismiss ${classes} of ${billOn}: no money moves, and the same difference is counted no more`,
    zh: `将把 ${billOn} 的 ${classes} 标记为已处理：没有资金变动，同样的差异不再计入`,
  }),
  repeated: (billOn: string) => ({
    en: `${billOn} is compared again within a minute, while a worker runs`,
    zh: `只要有 worker 运行，${billOn} 的账单将在一分钟内重新核对`,
  }),
} satisfies Texts

export const listenerTexts = {
  removed: (job: string) => ({ en: `${job} hears of nothing any more`, zh: `${job} 不再收到任何事件` }),
} satisfies Texts

interface Endpoint {
  enabled: boolean
  disabledReason: string | null
  eventTypes: string[]
  failingSince: Date | null
  deliveries?: { PENDING: number; FAILED: number }
}

export const webhookActTexts = {
  endpointAt: ({ id, url }: { id: string; url: string }) => ({ en: `${id} ${url}`, zh: `${id} 回调地址 ${url}` }),
  endpointState: ({ enabled, disabledReason, eventTypes, failingSince, deliveries }: Endpoint) => {
    const since = failingSince?.toISOString()
    const types = eventTypes.join(',')
    const { PENDING: waiting, FAILED: failed } = deliveries ?? { PENDING: 0, FAILED: 0 }
    return {
      en: `  ${types || 'all events'}, ${enabled ? 'enabled' : `disabled: ${disabledReason ?? ''}`}${deliveries ? `, ${waiting} waiting, ${failed} failed` : ''}${since === undefined ? '' : `, failing since ${since}`}`,
      zh: `  ${types || '全部事件'}，${enabled ? '已启用' : `已停用：${disabledReason ?? ''}`}${deliveries ? `，待发 ${waiting}，失败 ${failed}` : ''}${since === undefined ? '' : `，自 ${since} 起一直失败`}`,
    }
  },
  secret: (secret: string) => ({ en: `secret ${secret}`, zh: `密钥 ${secret}` }),
  shownOnce: { en: 'Keep the secret now: it is never shown again.', zh: '请立即保存密钥：它不会再次显示。' },
  chooseReplay: {
    en: 'needs one of an event, since (and until), or failed',
    zh: '需要一个事件、since（可加 until）或 failed 中的一项',
  },
  emptySpan: { en: 'must be after since', zh: '必须晚于 since' },
  keepHours: (most: number) => ({ en: `must be 0 to ${most}`, zh: `必须为 0 到 ${most}` }),
  replayed: (count: number) => ({ en: `${count} to be delivered again`, zh: `将重新投递 ${count} 个` }),
} satisfies Texts
