import type { Payment } from '../../prisma/client/client.ts'
import type { OrderTradeState } from '../../prisma/client/enums.ts'
import { ASKS_DATABASE } from '../graphql/asks-database.ts'
import { batchPerOperation } from '../graphql/batch.ts'
import { builder, type EnumValues } from '../graphql/builder.ts'
import { type GraphqlContext, requireViewer } from '../graphql/context.ts'
import { findPage, wherePage } from '../graphql/page.ts'
import { HomestayPricingRef } from '../homestay/graphql.ts'
import { PaymentRef } from '../payment/graphql.ts'

export const OrderTradeStateRef = builder.enumType('OrderTradeState', {
  description: 'Where an order stands.',
  values: {
    WAIT_PAY: { description: 'Waits for its payment, until `payBefore`.' },
    CANCELLED: { description: 'Cancelled by its guest, or not paid in time.' },
    WAIT_USE: { description: 'Paid; the host hasn’t redeemed its code yet.' },
    USED: { description: 'Redeemed by the host.' },
    REFUNDING: { description: 'Its money is on the way back.' },
    REFUNDED: { description: 'Its money went back in whole.' },
    EXPIRED: { description: 'Paid and never used; its days are over.' },
  } as const satisfies EnumValues<OrderTradeState>,
})

/** The payment that an order shows: the attempt that was never closed, else the newest one. */
const readShownPayment = batchPerOperation(async ({ deps }: GraphqlContext, orderSns: string[]) => {
  const payments = await deps.db.payment.findMany({
    where: { serviceType: 'HOMESTAY_ORDER', orderSn: { in: orderSns } },
    orderBy: [{ closedAt: { sort: 'asc', nulls: 'last' } }, { createdAt: 'asc' }, { sn: 'asc' }],
  })
  return new Map<string, Payment>(payments.map((payment) => [payment.orderSn, payment]))
})

/** Whether a payment is on hold: its order's code isn't shown meanwhile, for it wouldn't be redeemed. */
const readOnHold = batchPerOperation(async ({ deps }: GraphqlContext, paymentSns: string[]) => {
  const onHold = await deps.db.payment.findMany({
    where: { sn: { in: paymentSns }, heldAt: { not: null } },
    select: { sn: true },
  })
  return new Map(onHold.map(({ sn }) => [sn, true]))
})

/** Whether the viewer made the order; who else sees it is its host. */
export const isGuest = (order: { userId: string }, { viewer }: Pick<GraphqlContext, 'viewer'>) =>
  order.userId === viewer?.id

export const HomestayOrderRef = builder.prismaObject('HomestayOrder', {
  description: 'A booking: the homestay as it was sold, its price lines, and where it stands. Amounts are in fen.',
  fields: (t) => ({
    sn: t.exposeID('sn'),
    tradeState: t.expose('tradeState', { type: OrderTradeStateRef }),
    tradeCode: t.string({
      nullable: true,
      description: 'The entry code to show to the host, 8 characters; for its guest alone, in WAIT_USE alone.',
      extensions: ASKS_DATABASE,
      resolve: async (order, _args, ctx) => {
        if (!isGuest(order, ctx) || order.tradeState !== 'WAIT_USE' || order.paidBySn === null) return null
        return (await readOnHold(ctx, order.paidBySn)) ? null : order.tradeCode
      },
    }),
    homestayId: t.exposeID('homestayId'),
    title: t.exposeString('title'),
    subTitle: t.exposeString('subTitle'),
    cover: t.exposeString('cover'),
    info: t.exposeString('info'),
    pricedBy: t.expose('pricedBy', { type: HomestayPricingRef }),
    homestayPrice: t.exposeInt('homestayPrice', { description: 'A night, or a person and night: see `pricedBy`.' }),
    foodPrice: t.exposeInt('foodPrice', { description: 'A person and night.' }),
    homestayTotalPrice: t.exposeInt('homestayTotalPrice'),
    foodTotalPrice: t.exposeInt('foodTotalPrice', { description: '0 without food.' }),
    orderTotalPrice: t.exposeInt('orderTotalPrice', { description: 'What the guest pays.' }),
    liveStartDate: t.expose('liveStartDate', { type: 'Date', description: 'The day of arrival.' }),
    liveEndDate: t.expose('liveEndDate', { type: 'Date', description: 'The day of leaving.' }),
    livePeopleNum: t.exposeInt('livePeopleNum'),
    needFood: t.exposeBoolean('needFood'),
    remark: t.exposeString('remark'),
    payBefore: t.expose('payBefore', { type: 'DateTime', description: 'When it is cancelled unless paid.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    payment: t.field({
      type: PaymentRef,
      nullable: true,
      description: 'For its guest alone: the live attempt, else the newest.',
      extensions: ASKS_DATABASE,
      resolve: (order, _args, ctx) => (isGuest(order, ctx) ? readShownPayment(ctx, order.sn) : null),
    }),
  }),
})

builder.queryField('homestayOrder', (t) =>
  t.prismaField({
    type: HomestayOrderRef,
    nullable: true,
    description: 'An order of the viewer’s, as its guest or as the host of its homestay.',
    authScopes: { viewer: true },
    args: { sn: t.arg.id({ required: true }) },
    resolve: (query, _root, { sn }, ctx) => {
      const { id: viewerId } = requireViewer(ctx)
      const asHost = { homestay: { business: { hostUserId: viewerId } } }
      return ctx.deps.db.homestayOrder.findFirst({ ...query, where: { sn, OR: [{ userId: viewerId }, asHost] } })
    },
  }),
)

builder.queryField('homestayOrders', (t) =>
  t.connection({
    type: HomestayOrderRef,
    description: 'The orders that the viewer made, newest first; 20 by default, 100 at most.',
    authScopes: { viewer: true },
    args: { tradeState: t.arg({ type: OrderTradeStateRef }) },
    resolve: (_root, { tradeState, ...args }, ctx) => {
      const mine = { userId: requireViewer(ctx).id, tradeState: tradeState ?? undefined }
      return findPage(
        args,
        (page) =>
          ctx.deps.db.homestayOrder.findMany({
            where: { ...mine, AND: wherePage('sn', page) },
            orderBy: [{ createdAt: page.direction }, { sn: page.direction }],
            take: page.take,
          }),
        ({ createdAt, sn }) => ({ createdAt, key: sn }),
      )
    },
  }),
)
