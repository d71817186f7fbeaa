import {
  CancelHomestayOrderDocument,
  HomestayOrderDocument,
  type HomestayOrderStateFragment,
  OrderMessagesDocument,
  RefundHomestayOrderDocument,
} from '@looklook-pay/client'
import { client } from '../../client.ts'
import { type Canvas, drawQr } from '../../draw-qr.ts'
import { failureText } from '../../failure.ts'
import { spaced } from '../../format.ts'
import { isMoving, isPayable, type OrderView, viewOrder } from '../../order-view.ts'

/** How often an order that is about to change is read again. */
const READ_AGAIN_MS = 2_000

/** An order: its entry code while it waits for the guest, and what can still be done with it. */
Page({
  data: {
    sn: '',
    order: null as OrderView | null,
    code: '',
    codeText: '',
    isPayable: false,
    isRefundable: false,
    hasRefusedMessages: false,
    isBusy: false,
    failure: '',
  },

  isShown: false,
  timer: 0,
  stopWatching: () => {},

  onLoad({ sn = '' }: Record<string, string | undefined>) {
    this.setData({ sn })
  },

  onShow() {
    this.isShown = true
    return this.load()
  },

  onHide() {
    this.rest()
  },

  onUnload() {
    this.rest()
  },

  async onPullDownRefresh() {
    await this.load()
    void wx.stopPullDownRefresh()
  },

  /** Reads the order; again when its payment changes, and while the server is about to change it. */
  async load() {
    this.stopFollowing()
    const answer = await client.request(HomestayOrderDocument, { sn: this.data.sn })
    const order = answer.ok ? answer.data.homestayOrder : null
    if (!answer.ok) this.setData({ failure: failureText(answer.problem) })
    else if (order) this.show(order)
    else this.setData({ failure: '找不到这个订单' })
    if (this.isShown) this.follow(order, !answer.ok)
    if (order?.tradeState === 'WAIT_USE') await this.loadMessages()
  },

  follow(order: HomestayOrderStateFragment | null, isUnknown: boolean) {
    this.stopFollowing()
    const read = () => void this.load()
    if (isUnknown || (order && isMoving(order))) this.timer = setTimeout(read, READ_AGAIN_MS)
    if (order?.payment?.status !== 'PENDING') return
    this.stopWatching = client.watchPayment(order.payment.sn, {
      onPayment: ({ status }) => {
        if (status !== 'PENDING') read()
      },
    })
  },

  stopFollowing() {
    clearTimeout(this.timer)
    this.stopWatching()
  },

  show(order: HomestayOrderStateFragment) {
    const code = order.tradeCode ?? ''
    const isNewCode = code !== this.data.code
    const shown = {
      order: viewOrder(order),
      code,
      codeText: spaced(code),
      isPayable: isPayable(order),
      isRefundable: order.tradeState === 'WAIT_USE',
      hasRefusedMessages: false,
      failure: '',
    }
    this.setData(shown, () => {
      if (isNewCode && code !== '') this.drawCode()
    })
  },

  drawCode() {
    const query = wx.createSelectorQuery().select('#code-qr').fields({ node: true, size: true })
    query.exec(([found]: ({ node: Canvas; width: number } | null)[]) => {
      if (found) drawQr(found.node, this.data.code, found.width * wx.getWindowInfo().pixelRatio)
    })
  },

  async loadMessages() {
    const answer = await client.request(OrderMessagesDocument, { sn: this.data.sn })
    const messages = answer.ok ? (answer.data.homestayOrder?.messages ?? []) : []
    this.setData({ hasRefusedMessages: messages.some(({ status }) => status === 'REFUSED') })
  },

  onPayTap() {
    void wx.redirectTo({ url: `/pages/pay/pay?sn=${this.data.sn}` })
  },

  /** What was refused is sent once the guest accepts. `askForMessages` comes first, as WeChat asks in a tap alone. */
  async onMessagesTap() {
    const answer = await client.askForMessages(this.data.sn)
    if (!answer.ok) return this.setData({ failure: failureText(answer.problem) })
    this.setData({ hasRefusedMessages: answer.data.some(({ status }) => status === 'REFUSED') })
  },

  async onCancelTap() {
    if (!(await this.isSure('取消这个订单？'))) return
    const answer = await client.request(CancelHomestayOrderDocument, { input: { sn: this.data.sn } })
    await this.end(answer.ok ? answer.data.cancelHomestayOrder : answer.problem)
  },

  async onRefundTap() {
    if (!(await this.isSure('退订，并把钱全额退回？'))) return
    const answer = await client.request(RefundHomestayOrderDocument, { input: { sn: this.data.sn } })
    await this.end(answer.ok ? answer.data.refundHomestayOrder : answer.problem)
  },

  async isSure(content: string): Promise<boolean> {
    if (this.data.isBusy) return false
    const { confirm } = await wx.showModal({ title: '请确认', content })
    if (confirm) this.setData({ isBusy: true, failure: '' })
    return confirm
  },

  /** Shows what became of the order, and why it is not what was asked for. */
  async end(result: { sn: string } | { code: string; message: string }) {
    await this.load()
    this.setData({ isBusy: false, ...('code' in result && { failure: failureText(result) }) })
  },

  rest() {
    this.isShown = false
    this.stopFollowing()
  },
})
