import { shorten } from '../../kit/format.ts'
import type { PayParams } from '../api/types.ts'
import { type TextKey, t } from '../text.ts'
import type { RowInput, Traffic } from '../traffic/traffic.ts'
import { callSandbox } from './call.ts'
import { drawLedger } from './draw-ledger.ts'
import { openMessageRows } from './draw-messages.ts'
import { type Drawing, openDrawing } from './drawing.ts'
import { type NoticeFault, openFaults } from './faults.ts'
import type { Ledger, Message } from './ledger.ts'
import { openPoll } from './poll.ts'

/** What WeChat answers to the phone. */
interface WechatAnswer {
  transactionId?: string
  code?: string
  message?: string
}

export interface SandboxInput {
  url: string
  traffic: Traffic
  /** The order that a message is about, as soon as the page knows it. */
  orderOfMessage: (message: Message) => string | undefined
  /** Called with each subscribe message that the guest receives. */
  onMessage: (message: Message) => void
}

export type Sandbox = ReturnType<typeof openSandbox>

/** The WeChat sandbox: the guest's phone pays there, and its ledger shows what WeChat and the API sent each other. */
export function openSandbox(input: SandboxInput) {
  const reader = openLedgerReader(input)
  const faults = openFaults(input.url)
  return { ...reader, ...openPhone(input, reader), ...faults, ...openNoticeTrouble(input, reader, faults) }
}

/** Reads the ledger while something may change, and draws what is new in it. */
function openLedgerReader(input: SandboxInput) {
  const { url, traffic, onMessage } = input
  const drawing = openDrawing(traffic)
  const received = new Set<string>()
  const rows = openMessageRows(traffic, input.orderOfMessage)
  let openid = ''
  let last: Ledger = { orders: [], refunds: [], notices: [], messages: [] }

  const read = async () => (await callSandbox(url, 'ledger')).json as Ledger
  const newMessages = ({ messages }: Ledger) =>
    messages.filter((message) => message.openid === openid && !received.has(message.messageId))
  const { refresh, expectChanges } = openPoll(async () => {
    last = await read()
    const isWaiting = drawLedger(drawing, last)
    for (const message of newMessages(last)) {
      received.add(message.messageId)
      rows.draw(message)
      onMessage(message)
    }
    rows.place()
    return isWaiting
  })
  return {
    ...describeDrawing(drawing),
    /** To be called after an action that will show in the ledger. */
    expectChanges,
    /** Watches for messages to this user from now on; returns the earlier ones, oldest first. */
    async watchMessages(user: string) {
      const ledger = await read()
      openid = user
      const messages = newMessages(ledger)
      for (const { messageId } of messages) received.add(messageId)
      return messages
    },
    /** Draws everything about this payment from now on, and what is already known before it resolves. */
    async watch(orderSn: string, paymentSn: string) {
      drawing.payments.set(paymentSn, orderSn)
      expectChanges()
      await refresh()
    },
    /** The refund of this payment that can't reach the guest's account, if there is one. */
    abnormalRefundOf: (paymentSn: string) =>
      last.refunds.find(({ outTradeNo, status }) => outTradeNo === paymentSn && status === 'ABNORMAL')?.outRefundNo,
    /** Whether WeChat's report about a payment came by notice; if not, the server has queried it. */
    async cameByNotice(paymentSn: string) {
      await refresh()
      return isNoticeTaken(last, paymentSn)
    },
  }
}

function isNoticeTaken({ notices }: Ledger, paymentSn: string): boolean {
  const notice = notices.find(({ subject }) => subject === paymentSn)
  return notice === undefined || notice.attempts === 0 || notice.state === 'TAKEN'
}

function describeDrawing({ payments, faults }: Drawing) {
  return {
    /** The order of a watched payment. */
    orderOf: (paymentSn: string) => payments.get(paymentSn),
    /** Says of a payment which fault its first notice has, for the diagram. */
    markFault: (paymentSn: string, fault: NoticeFault) => void faults.set(paymentSn, fault),
  }
}

type LedgerReader = ReturnType<typeof openLedgerReader>

/** What happens on the phone, or at its bank. */
function openPhone({ url, traffic }: SandboxInput, { expectChanges, orderOf }: LedgerReader) {
  const act = async (
    path: string,
    body: object,
    { title, ...row }: Omit<RowInput, 'to' | 'title'> & { title: TextKey },
  ) => {
    const drawn = traffic.add({ ...row, to: 'wechat', title: () => t(title) })
    const { ok, json } = await callSandbox(url, path, body)
    const answer = json as WechatAnswer
    drawn.answer({ failed: !ok, note: answer.code ?? shorten(answer.transactionId ?? ''), parts: [{ json }] })
    expectChanges()
    return answer
  }
  return {
    /** What the guest answers when WeChat asks about messages. @returns whether WeChat could ask so. */
    async answerConsent(answer: { openid: string; accepted: string[]; rejected: string[] }, orderSn: string) {
      const parts = [{ json: answer }]
      const row = traffic.add({ from: 'guest', to: 'wechat', title: () => t('trafficConsent'), orderSn, parts })
      const { ok, json } = await callSandbox(url, 'consent', answer)
      const note = `✓${answer.accepted.length} ✗${answer.rejected.length}`
      row.answer({ failed: !ok, note: ok ? note : ((json as WechatAnswer).code ?? ''), parts: [{ json }] })
      expectChanges()
      return ok
    },
    pay({ paymentSn, __typename: _type, ...phone }: PayParams) {
      const orderSn = orderOf(paymentSn)
      return act('pay', phone, { from: 'guest', title: 'trafficPay', orderSn, parts: [{ json: phone }] })
    },
    /** An operator has the money of an abnormal refund sent to another account. */
    retryRefund(outRefundNo: string, orderSn: string) {
      const parts = [{ text: () => t('trafficRetryWhy') }, { json: { outRefundNo } }]
      return act('retry-refund', { outRefundNo }, { from: 'api', title: 'trafficRetry', orderSn, parts })
    },
    /** The bank charges the guest although the order is no longer open. */
    payLate(outTradeNo: string) {
      const parts = [{ text: () => t('trafficLateWhy') }, { json: { outTradeNo } }]
      const orderSn = orderOf(outTradeNo)
      return act('late-payment', { outTradeNo }, { from: 'guest', title: 'trafficLate', orderSn, parts })
    },
  }
}

/** Notices that go wrong, drawn as what they are. */
function openNoticeTrouble(
  { traffic }: SandboxInput,
  { expectChanges, orderOf, markFault }: LedgerReader,
  faults: ReturnType<typeof openFaults>,
) {
  return {
    async addNoticeFault(paymentSn: string, fault: NoticeFault) {
      markFault(paymentSn, fault)
      await faults.addNoticeFault(paymentSn, fault)
    },
    async sendWrongAmount(paymentSn: string) {
      const { content, status } = await faults.sendWrongAmount(paymentSn)
      const parts = [{ text: () => t('trafficWrongAmount') }, { json: content }]
      const orderSn = orderOf(paymentSn)
      const row = traffic.add({ from: 'wechat', to: 'api', title: 'TRANSACTION.SUCCESS', orderSn, parts })
      row.answer({ failed: status !== 204, note: status === undefined ? () => t('trafficUntaken') : String(status) })
      expectChanges()
    },
  }
}
