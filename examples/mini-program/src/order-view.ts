import type { HomestayOrderStateFragment, OrderTradeState } from '@looklook-pay/client'
import { stayText, yuan } from './format.ts'

type Order = HomestayOrderStateFragment

const STATES: Record<OrderTradeState, string> = {
  WAIT_PAY: '待付款',
  CANCELLED: '已取消',
  WAIT_USE: '待入住',
  USED: '已入住',
  REFUNDING: '退款中',
  REFUNDED: '已退款',
  EXPIRED: '已过期',
}

/** An order in words, for a page's data. */
export interface OrderView {
  sn: string
  title: string
  cover: string
  state: string
  /** Days, people and meals. */
  stay: string
  total: string
  /** What the guest should know; empty where the state says it all. */
  hint: string
}

export function viewOrder(order: Order): OrderView {
  const { sn, title, cover, liveStartDate, liveEndDate, livePeopleNum, needFood, orderTotalPrice } = order
  return {
    sn,
    title,
    cover,
    state: order.payment?.underReview
      ? '款项核对中'
      : isConfirming(order)
        ? '付款成功，确认中'
        : STATES[order.tradeState],
    stay: `${stayText(liveStartDate, liveEndDate)} · ${livePeopleNum} 人${needFood ? ' · 含餐' : ''}`,
    total: yuan(orderTotalPrice),
    hint: hintOf(order),
  }
}

/** Whether the guest may pay it: not while money that came for it is looked at. */
export function isPayable(order: Order): boolean {
  return order.tradeState === 'WAIT_PAY' && !isConfirming(order) && !order.payment?.underReview
}

/** Whether the server is about to change it without anybody's doing. */
export function isMoving(order: Order): boolean {
  return isConfirming(order) || order.tradeState === 'REFUNDING'
}

/** The money is there, and the order is about to know. */
function isConfirming({ tradeState, payment }: Order): boolean {
  return tradeState === 'WAIT_PAY' && payment?.status === 'SUCCESS' && !payment.underReview
}

function hintOf({ tradeState, payment }: Order): string {
  if (payment?.underReview) return '收到的款项与订单不符，工作人员正在核对，请不要再次付款。'
  switch (tradeState) {
    case 'CANCELLED':
      return payment && payment.status !== 'CLOSED' && payment.status !== 'PENDING'
        ? '取消之后钱才到，会全额退回原来的付款账户。'
        : ''
    case 'REFUNDING':
      return '钱正在退回原来的付款账户。'
    case 'REFUNDED':
      return '钱已退回原来的付款账户。'
    case 'EXPIRED':
      return '入住日已过，入住码没有用过。'
    case 'WAIT_USE':
      return '到店时向房东出示入住码。'
    case 'WAIT_PAY':
    case 'USED':
      return ''
  }
}
