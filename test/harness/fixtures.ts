import { randomUUID } from 'node:crypto'
import type { Homestay, HomestayOrder, Payment, User } from '../../prisma/client/client.ts'
import type { PayStatus } from '../../prisma/client/enums.ts'
import type { Deps } from '../../src/deps.ts'
import { formatDay, shanghaiDay } from '../../src/infra/shanghai.ts'
import { createHomestayOrder } from '../../src/order/booking.ts'
import { type WxPayParams, wxPay } from '../../src/payment/attempt/open.ts'
import { applyToOrder } from '../../src/payment/outbox/apply-to-order.ts'
import { codeToSession } from '../../src/wechat/mini-program.ts'
import type { TestApp } from './app.ts'
import { expect } from './app.ts'

const DAY_MS = 86_400_000

/** The day in Shanghai so many days from today, as `yyyy-mm-dd`. */
export function dayFromNow(days: number): string {
  return formatDay(shanghaiDay(new Date(Date.now() + days * DAY_MS)))
}

/** A guest with a WeChat identity in the sandbox. */
export async function givenGuest({ deps }: TestApp, openid = 'o_guest'): Promise<User> {
  await codeToSession(deps.mini, `code-${openid}`)
  const { appid } = deps.config.wechat.pay
  return deps.db.user.create({ data: { nickname: openid, identities: { create: { appid, openid } } } })
}

/** A homestay of a new host, 128.00 yuan a night. */
export async function givenHomestay(
  { deps }: TestApp,
  change: Partial<Homestay> = {},
): Promise<Homestay & { hostUserId: string }> {
  const host = await deps.db.user.create({ data: { nickname: '房东' } })
  const business = await deps.db.homestayBusiness.create({ data: { name: '山居', info: '', hostUserId: host.id } })
  const homestay = await deps.db.homestay.create({
    data: {
      businessId: business.id,
      title: '西湖边的小院',
      subTitle: '步行到断桥',
      cover: 'https://example.com/cover.jpg',
      info: '两室一厅',
      peopleNum: 4,
      pricedBy: 'NIGHT',
      homestayPrice: 12_800,
      marketHomestayPrice: 16_800,
      foodInfo: '早餐',
      foodPrice: 3_000,
      ...change,
    },
  })
  return { ...homestay, hostUserId: host.id }
}

export interface Booked {
  guest: User
  hostUserId: string
  order: HomestayOrder
}

/** An order in WAIT_PAY, of one night ten days from now. */
export async function givenOrder(
  app: TestApp,
  settings: { guest?: User; homestay?: Homestay & { hostUserId: string } } = {},
): Promise<Booked> {
  const guest = settings.guest ?? (await givenGuest(app))
  const homestay = settings.homestay ?? (await givenHomestay(app))
  const { sn } = await createHomestayOrder(app.deps, {
    userId: guest.id,
    homestayId: homestay.id,
    liveStartDate: dayFromNow(10),
    liveEndDate: dayFromNow(11),
    livePeopleNum: 2,
    needFood: false,
  })
  return { guest, hostUserId: homestay.hostUserId, order: await orderOf(app.deps, sn) }
}

export type Tapped = Booked & { payment: Payment; params: WxPayParams }

/**
 * An order whose guest has tapped "pay": a PENDING payment that WeChat knows. In the tap the guest accepted one message of
 * each template.
 */
export async function givenTapped(app: TestApp, booked?: Booked): Promise<Tapped> {
  const given = booked ?? (await givenOrder(app))
  const params = await tap(app.deps, given)
  const payment = await paymentOf(app.deps, params.paymentSn)
  acceptMessages(app, payment.openid)
  return { ...given, params, payment }
}

/** The guest accepts so many messages of each template when WeChat asks. The API isn't told. */
export function acceptMessages({ sandbox }: Pick<TestApp, 'sandbox'>, openid: string, times = 1): void {
  const accepted = Object.values(sandbox.credentials.templates)
  for (let count = 0; count < times; count++) sandbox.consent({ openid, accepted })
}

/** Like `givenTapped`, with a guest and a homestay of its own, so that a test can have many. */
export async function freshTapped(app: TestApp): Promise<Tapped> {
  return givenTapped(app, await freshOrder(app))
}

/** An order in WAIT_PAY with a guest and a homestay of its own. */
export async function freshOrder(app: TestApp): Promise<Booked> {
  return givenOrder(app, { guest: await givenGuest(app, `o_${randomUUID().slice(0, 8)}`) })
}

/** A paid order in WAIT_USE, with its entry code. */
export async function givenPaid(app: TestApp, booked?: Booked): Promise<Tapped> {
  const tapped = await givenTapped(app, booked)
  await payOnPhone(app, tapped.params)
  await whenPayment(app.deps, tapped.payment.sn, 'SUCCESS')
  await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })
  return {
    ...tapped,
    order: await orderOf(app.deps, tapped.order.sn),
    payment: await paymentOf(app.deps, tapped.payment.sn),
  }
}

/** The guest taps "pay". */
export function tap(deps: Deps, { order, guest }: Pick<Booked, 'order' | 'guest'>): Promise<WxPayParams> {
  return wxPay(deps, { orderSn: order.sn, serviceType: 'HOMESTAY_ORDER', userId: guest.id })
}

/** The guest confirms in WeChat; the sandbox takes the money and sends its notice. */
export async function payOnPhone({ sandbox }: TestApp, { paymentSn: _ours, ...phone }: WxPayParams, coupon = 0) {
  const body = JSON.stringify({ ...phone, ...(coupon > 0 ? { coupon } : {}) })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${sandbox.url}/sandbox/pay`, { method: 'POST', headers, body })
  if (!response.ok) throw new Error(`the sandbox refused the payment: ${await response.text()}`)
  return (await response.json()) as { transactionId: string }
}

export function paymentOf(deps: Deps, sn: string): Promise<Payment> {
  return deps.db.payment.findUniqueOrThrow({ where: { sn } })
}

export function orderOf(deps: Deps, sn: string): Promise<HomestayOrder> {
  return deps.db.homestayOrder.findUniqueOrThrow({ where: { sn } })
}

/** Waits until the payment has this status. */
export async function whenPayment(deps: Deps, sn: string, status: PayStatus): Promise<Payment> {
  await expect.poll(async () => (await paymentOf(deps, sn)).status).toBe(status)
  return paymentOf(deps, sn)
}

/** Waits until the order has this state. */
export async function whenOrder(
  deps: Deps,
  sn: string,
  tradeState: HomestayOrder['tradeState'],
): Promise<HomestayOrder> {
  await expect.poll(async () => (await orderOf(deps, sn)).tradeState).toBe(tradeState)
  return orderOf(deps, sn)
}
