import { RedeemTradeCodeDocument } from '@looklook-pay/client'
import { client } from '../../client.ts'
import { failureText } from '../../failure.ts'
import { stayText } from '../../format.ts'

/** Whose code was redeemed last. */
interface Arrived {
  title: string
  stay: string
  people: string
  remark: string
}

/** The host's counter. */
Page({
  data: { typed: '', arrived: null as Arrived | null, isBusy: false, failure: '' },

  async onScanTap() {
    const scanned = await wx.scanCode({ scanType: ['qrCode'] }).catch(() => undefined)
    // Undefined where the host has closed the scanner.
    if (scanned) await this.redeem(scanned.result)
  },

  onTyped({ detail }: WechatMiniprogram.Input) {
    this.setData({ typed: detail.value })
  },

  onRedeemTap() {
    return this.redeem(this.data.typed)
  },

  async redeem(tradeCode: string) {
    if (this.data.isBusy) return
    this.setData({ isBusy: true, arrived: null, failure: '' })
    const answer = await client.request(RedeemTradeCodeDocument, { input: { tradeCode } })
    this.setData({ isBusy: false })
    if (!answer.ok) return this.setData({ failure: failureText(answer.problem) })
    const order = answer.data.redeemTradeCode
    if (order.__typename !== 'HomestayOrder') return this.setData({ failure: failureText(order) })
    const { title, liveStartDate, liveEndDate, livePeopleNum, needFood, remark } = order
    const people = `${livePeopleNum} 人${needFood ? '，含餐' : ''}`
    this.setData({ typed: '', arrived: { title, stay: stayText(liveStartDate, liveEndDate), people, remark } })
  },
})
