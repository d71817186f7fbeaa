import { HomestayOrdersDocument } from '@looklook-pay/client'
import { client } from '../../client.ts'
import { failureText } from '../../failure.ts'
import { type OrderView, viewOrder } from '../../order-view.ts'

/** The newest orders of the guest. */
Page({
  data: { orders: [] as OrderView[], isLoaded: false, failure: '' },

  onShow() {
    return this.load()
  },

  async onPullDownRefresh() {
    await this.load()
    void wx.stopPullDownRefresh()
  },

  async load() {
    const answer = await client.request(HomestayOrdersDocument, { first: 50 })
    if (!answer.ok) return this.setData({ failure: failureText(answer.problem) })
    const orders = answer.data.homestayOrders.edges.map(({ node }) => viewOrder(node))
    this.setData({ orders, isLoaded: true, failure: '' })
  },

  onOrderTap({ currentTarget }: WechatMiniprogram.TouchEvent) {
    void wx.navigateTo({ url: `/pages/order/order?sn=${currentTarget.dataset['sn']}` })
  },
})
