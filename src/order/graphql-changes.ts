import type { OrderTradeState } from '../../prisma/client/enums.ts'
import { InvalidInputError, NotFoundError, RateLimitedError, WechatUnavailableError } from '../errors.ts'
import { afterCommit } from '../graphql/after-commit.ts'
import { builder } from '../graphql/builder.ts'
import { requireViewer } from '../graphql/context.ts'
import { errorType } from '../graphql/errors.ts'
import { formatDay } from '../infra/shanghai.ts'
import { OrderNotPayableError } from '../payment/errors.ts'
import { createHomestayOrder } from './booking.ts'
import { cancelHomestayOrder } from './cancel.ts'
import {
  HomestayUnavailableError,
  IdempotencyKeyReusedError,
  OrderNotCancellableError,
  OrderNotRefundableError,
  TooManyUnpaidOrdersError,
  TradeCodeInvalidError,
} from './errors.ts'
import { HomestayOrderRef, OrderTradeStateRef } from './graphql.ts'
import { refundHomestayOrder } from './refund.ts'
import { redeemTradeCode } from './trade-code.ts'

errorType(HomestayUnavailableError)

errorType(TooManyUnpaidOrdersError)

errorType(IdempotencyKeyReusedError)

// To payments, the state is a text of whatever kind of order it is. The API's enum has the states of homestay orders.
errorType(OrderNotPayableError, (t) => ({
  tradeState: t.field({ type: OrderTradeStateRef, resolve: ({ tradeState }) => tradeState as OrderTradeState }),
}))

errorType(OrderNotCancellableError, (t) => ({
  tradeState: t.expose('tradeState', { type: OrderTradeStateRef }),
}))

errorType(OrderNotRefundableError, (t) => ({
  tradeState: t.expose('tradeState', { type: OrderTradeStateRef }),
}))

errorType(TradeCodeInvalidError)

const CreateHomestayOrderInput = builder.inputType('CreateHomestayOrderInput', {
  fields: (t) => ({
    homestayId: t.id({ required: true }),
    liveStartDate: t.field({
      type: 'Date',
      required: true,
      description: 'The day of arrival: today or later, 730 days ahead at most.',
    }),
    liveEndDate: t.field({ type: 'Date', required: true, description: 'The day of leaving, 1 to 30 nights later.' }),
    livePeopleNum: t.int({ required: true, description: 'As many as the homestay sleeps, at most.' }),
    needFood: t.boolean({ required: true, defaultValue: false }),
    remark: t.string({ description: 'For the host, 200 characters at most.' }),
    idempotencyKey: t.string({
      description: 'The client’s own key for this booking, 1 to 64 characters: sent again, it gives the same order.',
    }),
  }),
})

builder.mutationField('createHomestayOrder', (t) =>
  t.field({
    type: HomestayOrderRef,
    description: 'Books a homestay: an order that holds its nights and waits for payment until `payBefore`.',
    authScopes: { viewer: true },
    errors: {
      types: [
        InvalidInputError,
        NotFoundError,
        HomestayUnavailableError,
        TooManyUnpaidOrdersError,
        IdempotencyKeyReusedError,
        RateLimitedError,
      ],
    },
    args: { input: t.arg({ type: CreateHomestayOrderInput, required: true }) },
    resolve: async (_root, { input }, ctx) => {
      const { id: userId } = requireViewer(ctx)
      const liveStartDate = formatDay(input.liveStartDate)
      const liveEndDate = formatDay(input.liveEndDate)
      await ctx.rates.count('bookingsPerUserMinute', userId)
      return ctx.rates.bookInTurn(userId, () =>
        createHomestayOrder(ctx.deps, { ...input, userId, liveStartDate, liveEndDate }),
      )
    },
  }),
)

const CancelHomestayOrderInput = builder.inputType('CancelHomestayOrderInput', {
  fields: (t) => ({ sn: t.id({ required: true }) }),
})

builder.mutationField('cancelHomestayOrder', (t) =>
  t.prismaField({
    type: HomestayOrderRef,
    description: 'Cancels one of the viewer’s unpaid orders, and releases its nights.',
    authScopes: { viewer: true },
    errors: { types: [NotFoundError, OrderNotCancellableError, WechatUnavailableError, RateLimitedError] },
    args: { input: t.arg({ type: CancelHomestayOrderInput, required: true }) },
    resolve: async (query, _root, { input: { sn } }, ctx) => {
      const { id: userId } = requireViewer(ctx)
      await ctx.rates.count('paymentsPerUserMinute', userId)
      await cancelHomestayOrder(ctx.deps, { userId, sn })
      return afterCommit(() => ctx.deps.db.homestayOrder.findUniqueOrThrow({ ...query, where: { sn } }))
    },
  }),
)

const RefundHomestayOrderInput = builder.inputType('RefundHomestayOrderInput', {
  fields: (t) => ({
    sn: t.id({ required: true }),
    reason: t.string({ description: 'Up to 200 characters; WeChat shows the guest the first 80 bytes.' }),
  }),
})

builder.mutationField('refundHomestayOrder', (t) =>
  t.prismaField({
    type: HomestayOrderRef,
    description:
      'Refunds one of the viewer’s paid orders in full, before its first day begins, and until a week before WeChat’s year since the payment is over.',
    authScopes: { viewer: true },
    errors: { types: [InvalidInputError, NotFoundError, OrderNotRefundableError, RateLimitedError] },
    args: { input: t.arg({ type: RefundHomestayOrderInput, required: true }) },
    resolve: async (query, _root, { input }, ctx) => {
      const { id: userId } = requireViewer(ctx)
      const { sn, reason } = input
      await ctx.rates.count('paymentsPerUserMinute', userId)
      await refundHomestayOrder(ctx.deps, { userId, sn, reason: reason ?? undefined })
      return afterCommit(() => ctx.deps.db.homestayOrder.findUniqueOrThrow({ ...query, where: { sn } }))
    },
  }),
)

const RedeemTradeCodeInput = builder.inputType('RedeemTradeCodeInput', {
  fields: (t) => ({
    tradeCode: t.string({ required: true, description: 'As typed; case, spaces and hyphens don’t matter.' }),
  }),
})

builder.mutationField('redeemTradeCode', (t) =>
  t.prismaField({
    type: HomestayOrderRef,
    description: 'Redeems the entry code of a guest at one of the viewer’s homestays, exactly once.',
    authScopes: { viewer: true },
    errors: { types: [TradeCodeInvalidError, RateLimitedError] },
    args: { input: t.arg({ type: RedeemTradeCodeInput, required: true }) },
    resolve: async (query, _root, { input: { tradeCode } }, ctx) => {
      const { id: hostUserId } = requireViewer(ctx)
      await ctx.rates.count('redemptionsPerUserMinute', hostUserId)
      const { sn } = await redeemTradeCode(ctx.deps, { hostUserId, tradeCode })
      return afterCommit(() => ctx.deps.db.homestayOrder.findUniqueOrThrow({ ...query, where: { sn } }))
    },
  }),
)
