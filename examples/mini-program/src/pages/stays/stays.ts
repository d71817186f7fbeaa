import { type HomestayStateFragment, HomestaysDocument } from '@looklook-pay/client'
import { client } from '../../client.ts'
import { failureText } from '../../failure.ts'
import { yuan } from '../../format.ts'

const PAGE_SIZE = 20

interface StayCard {
  id: string
  title: string
  subTitle: string
  cover: string
  price: string
  usualPrice: string
}

/** The homestays on the shelf. */
Page({
  data: { stays: [] as StayCard[], after: '', hasMore: true, isBusy: false, failure: '' },

  onLoad() {
    return this.loadMore()
  },

  async onPullDownRefresh() {
    this.setData({ stays: [], after: '', hasMore: true })
    await this.loadMore()
    void wx.stopPullDownRefresh()
  },

  onReachBottom() {
    return this.loadMore()
  },

  async loadMore() {
    const { stays, after, hasMore, isBusy } = this.data
    if (!hasMore || isBusy) return
    this.setData({ isBusy: true, failure: '' })
    const answer = await client.request(HomestaysDocument, { first: PAGE_SIZE, after: after || null })
    if (!answer.ok) return this.setData({ isBusy: false, failure: failureText(answer.problem) })
    const { edges, pageInfo } = answer.data.homestays
    this.setData({
      stays: [...stays, ...edges.map(({ node }) => toCard(node))],
      after: pageInfo.endCursor ?? '',
      hasMore: pageInfo.hasNextPage,
      isBusy: false,
    })
  },

  onStayTap({ currentTarget }: WechatMiniprogram.TouchEvent) {
    void wx.navigateTo({ url: `/pages/booking/booking?id=${currentTarget.dataset['id']}` })
  },
})

function toCard({ id, title, subTitle, cover, pricedBy, homestayPrice, marketHomestayPrice }: HomestayStateFragment) {
  const per = pricedBy === 'NIGHT' ? '/晚' : '/人·晚'
  return { id, title, subTitle, cover, price: `${yuan(homestayPrice)}${per}`, usualPrice: yuan(marketHomestayPrice) }
}
