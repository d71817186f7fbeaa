import type { Api, Result } from './api.ts'
import type { Evidence } from './evidence.ts'
import type { Night } from './homestays.ts'
import type { Listening } from './listening.ts'
import type { Random } from './random.ts'
import type { Wechat } from './wechat.ts'

/** Whom all guests of a run share. */
export interface Town {
  api: Api
  wechat: Wechat
  random: Random
  listening: Listening
  templateIds: string[]
  hostToken: string
  told: Evidence['told']
  asked: Evidence['asked']
  /** Manual refunds whose notices never come: their numbers, for an operator who reads them off the merchant platform. */
  toAdopt: string[]
  /** Whether the bill of a day will come, which has such refunds. */
  hasBills: boolean
  nextNight(): Night
}

type Phone = { paymentSn: string } & Record<string, string>
type Order = { sn: string; tradeState: string; tradeCode: string | null }

/** One guest with one order. Each act throws when it can't be done, which ends the life of this guest. */
export interface Guest {
  orderSn: string
  tap(): Promise<Phone>
  pay(phone: Phone): Promise<void>
  cancel(): Promise<void>
  refund(): Promise<void>
  /** Waits until the order is paid, for a while. */
  whenPaid(): Promise<Order>
  listen(paymentSn: string): void
  accessToken: string
}

const LOGIN = `mutation ($code: String!) {
  wxLogin(input: { code: $code }) { __typename ... on Session { accessToken } ... on Error { message } }
}`
const BOOK = `mutation ($input: CreateHomestayOrderInput!) {
  createHomestayOrder(input: $input) { __typename ... on HomestayOrder { sn } ... on Error { message } }
}`
const TAP = `mutation ($sn: ID!) {
  wxPay(input: { orderSn: $sn }) {
    __typename
    ... on WxPayParams { paymentSn appId timeStamp nonceStr package signType paySign }
    ... on WechatUnavailableError { retryable }
    ... on Error { message }
  }
}`
const CANCEL = `mutation ($sn: ID!) {
  cancelHomestayOrder(input: { sn: $sn }) {
    __typename ... on HomestayOrder { tradeState } ... on WechatUnavailableError { retryable } ... on Error { message }
  }
}`
const REFUND = `mutation ($sn: ID!) {
  refundHomestayOrder(input: { sn: $sn }) { __typename ... on HomestayOrder { tradeState } ... on Error { message } }
}`
const READ = `query ($sn: ID!) { homestayOrder(sn: $sn) { sn tradeState tradeCode } }`
const REDEEM = `mutation ($tradeCode: String!) {
  redeemTradeCode(input: { tradeCode: $tradeCode }) { __typename ... on HomestayOrder { sn } ... on Error { message } }
}`

/** One more than is needed: a message that is sent twice must be seen. */
const CONSENTS = 2
const PAID_WITHIN_MS = 30_000
const LOOKS_EVERY_MS = 250

export async function signIn(api: Api, openid: string): Promise<string> {
  const { accessToken } = await api.send<Result<{ accessToken: string }>>(LOGIN, { code: `code-${openid}` })
  if (accessToken === undefined) throw new Error(`${openid} can't sign in`)
  return accessToken
}

/** The host redeems the guest’s code. */
export async function redeem({ api, hostToken, told }: Town, { sn, tradeCode }: Order): Promise<void> {
  const redeemed = await api.send<Result<{ sn: string }>>(REDEEM, { tradeCode }, hostToken)
  if (redeemed.sn === sn) told.push({ what: 'redeemed', orderSn: sn, at: Date.now() })
}

/** A new guest, who has booked. */
export async function arrive(town: Town, openid: string): Promise<Guest> {
  const { api, told, asked, wechat } = town
  const accessToken = await signIn(api, openid)
  const input = { ...town.nextNight(), livePeopleNum: 1, idempotencyKey: openid }
  const booked = await api.send<Result<{ sn: string }>>(BOOK, { input }, accessToken)
  const orderSn = booked.sn
  if (orderSn === undefined) throw new Error(`${openid} can't book: ${booked.message}`)
  told.push({ what: 'booked', orderSn, at: Date.now() })
  const send = <Fields>(query: string) => api.send<Result<Fields>>(query, { sn: orderSn }, accessToken)
  return {
    orderSn,
    accessToken,
    tap: async () => {
      const phone = await send<Phone>(TAP)
      if (phone.paymentSn === undefined) throw new Error(`${orderSn} can't be paid: ${phone.message}`)
      told.push({ what: 'tapped', orderSn, paymentSn: phone.paymentSn, at: Date.now() })
      return phone as Phone
    },
    pay: async ({ paymentSn: _ours, ...phone }) => {
      await Promise.all(Array.from({ length: CONSENTS }, () => wechat.consent(openid, town.templateIds)))
      await wechat.pay(phone)
    },
    cancel: async () => {
      asked.push({ what: 'cancel', orderSn, at: Date.now() })
      const cancelled = await send<{ tradeState: string }>(CANCEL)
      if (cancelled.tradeState === 'CANCELLED') told.push({ what: 'cancelled', orderSn, at: Date.now() })
    },
    refund: async () => {
      asked.push({ what: 'refund', orderSn, at: Date.now() })
      const refunded = await send<{ tradeState: string }>(REFUND)
      if (refunded.tradeState) told.push({ what: 'refund accepted', orderSn, at: Date.now() })
    },
    whenPaid: async () => {
      const endsAt = performance.now() + PAID_WITHIN_MS
      for (;;) {
        const order = await api.send<Order>(READ, { sn: orderSn }, accessToken)
        if (order.tradeState === 'WAIT_USE') return order
        if (performance.now() > endsAt) throw new Error(`${orderSn} is ${order.tradeState}`)
        await new Promise((resolve) => setTimeout(resolve, LOOKS_EVERY_MS))
      }
    },
    listen: (paymentSn) => town.listening.listen(paymentSn, accessToken),
  }
}
