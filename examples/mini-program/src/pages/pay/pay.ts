import { HomestayOrderDocument } from '@looklook-pay/client'
import { client } from '../../client.ts'
import { failureText, payFailure } from '../../failure.ts'
import { timeText } from '../../format.ts'
import { isPayable, type OrderView, viewOrder } from '../../order-view.ts'

/** The payment of an order. */
Page({
  data: { sn: '', order: null as OrderView | null, payBefore: '', isBusy: false, failure: '' },

  isLeft: false,

  async onLoad({ sn = '' }: Record<string, string | undefined>) {
    this.setData({ sn })
    const answer = await client.request(HomestayOrderDocument, { sn })
    if (!answer.ok) return this.setData({ failure: failureText(answer.problem) })
    const order = answer.data.homestayOrder
    if (!order) return this.setData({ failure: '找不到这个订单' })
    if (!isPayable(order)) return this.showOrder()
    this.setData({ order: viewOrder(order), payBefore: timeText(order.payBefore) })
  },

  /** `pay` comes first: WeChat asks for consent to messages in a tap alone, before anything asynchronous. */
  async onPayTap() {
    const paying = client.pay(this.data.sn)
    this.setData({ isBusy: true, failure: '' })
    const failure = payFailure(await paying)
    this.setData({ isBusy: false })
    if (failure === undefined) this.showOrder()
    else this.setData({ failure })
  },

  onUnload() {
    this.isLeft = true
  },

  /** A payment that ends later doesn't call the guest back from where they are. */
  showOrder() {
    if (!this.isLeft) void wx.redirectTo({ url: `/pages/order/order?sn=${this.data.sn}` })
  },
})
