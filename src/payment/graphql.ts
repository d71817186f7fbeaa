import type { PayMode, PayStatus } from '../../prisma/client/enums.ts'
import { NotFoundError, RateLimitedError, WechatUnavailableError } from '../errors.ts'
import { builder, type EnumValues } from '../graphql/builder.ts'
import { createUserError, requireViewer } from '../graphql/context.ts'
import { errorType } from '../graphql/errors.ts'
import type { Step } from '../infra/tracing/spans.ts'
import { tracing } from '../infra/tracing.ts'
import { type WxPayParams, wxPay } from './attempt/open.ts'
import { isQueriedRecently, refreshPayment } from './attempt/recheck.ts'
import { OrderAlreadyPaidError, OrderNotPayableError } from './errors.ts'
import { findOwnPayment } from './own-payment.ts'
import { DEFAULT_SERVICE_TYPE, type ServiceType, serviceTypes } from './service-types.ts'
import { paymentTexts } from './texts.ts'

const ServiceTypeRef = builder.enumType('ServiceType', { description: 'What is paid for.', values: serviceTypes })

const PayModeRef = builder.enumType('PayMode', {
  description: 'How it is paid.',
  values: { WECHAT_PAY: { description: 'WeChat Pay in a mini-program.' } } as const satisfies EnumValues<PayMode>,
})

const PayStatusRef = builder.enumType('PayStatus', {
  description: 'Where a payment stands, by our books.',
  values: {
    PENDING: { description: 'Waits for the money.' },
    SUCCESS: { description: 'Paid.' },
    CLOSED: { description: 'Closed at WeChat before any money came.' },
    REFUNDING: { description: 'Paid, and a refund is under way.' },
    REFUNDED: { description: 'Paid, and refunded in whole.' },
  } as const satisfies EnumValues<PayStatus>,
})

export const PaymentRef = builder.prismaObject('Payment', {
  description: 'One attempt to pay one order.',
  fields: (t) => ({
    sn: t.exposeID('sn', { description: '`out_trade_no` at WeChat.' }),
    orderSn: t.exposeID('orderSn'),
    serviceType: t.field({
      type: ServiceTypeRef,
      // A text column, so that a new kind needs no change of the payment tables; the API names the kinds it serves.
      resolve: ({ serviceType }) => serviceType as ServiceType,
    }),
    payMode: t.expose('payMode', { type: PayModeRef }),
    status: t.expose('status', { type: PayStatusRef, description: 'By our books; go by this.' }),
    tradeState: t.exposeString('tradeState', { nullable: true, description: 'WeChat’s `trade_state`, as received.' }),
    tradeStateDesc: t.exposeString('tradeStateDesc', {
      nullable: true,
      description: 'WeChat’s `trade_state_desc`, as received.',
    }),
    tradeType: t.exposeString('tradeType', { nullable: true, description: 'WeChat’s `trade_type`, as received.' }),
    payTotal: t.exposeInt('payTotal', { description: 'Fen; what we asked for.' }),
    payerTotal: t.exposeInt('payerTotal', {
      nullable: true,
      description: 'Fen; what the guest paid after WeChat’s coupons.',
    }),
    refundedTotal: t.exposeInt('refundedTotal', { description: 'Fen; the sum of the refunds that succeeded.' }),
    transactionId: t.exposeString('transactionId', { nullable: true, description: 'WeChat’s number, once paid.' }),
    payTime: t.expose('payTime', { type: 'DateTime', nullable: true, description: 'When the guest paid, by WeChat.' }),
    underReview: t.boolean({
      description: 'Money came that doesn’t fit, and an operator decides. Such an order doesn’t count as unpaid.',
      resolve: ({ underReviewAt }) => underReviewAt !== null,
    }),
    version: t.exposeInt('version', { description: 'Rises with every change.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
})

errorType(OrderAlreadyPaidError, (t) => ({ paymentSn: t.exposeID('paymentSn') }))

const WxPayParamsRef = builder.objectRef<WxPayParams>('WxPayParams').implement({
  description: 'For wx.requestPayment: pass timeStamp, nonceStr, package, signType and paySign on as they are.',
  fields: (t) => ({
    paymentSn: t.exposeID('paymentSn', { description: 'For `paymentStatusChanged` and `paymentStatus`.' }),
    appId: t.exposeString('appId', { description: 'Signed, and not passed on.' }),
    timeStamp: t.exposeString('timeStamp'),
    nonceStr: t.exposeString('nonceStr'),
    package: t.exposeString('package'),
    signType: t.exposeString('signType'),
    paySign: t.exposeString('paySign'),
  }),
})

const WxPayInput = builder.inputType('WxPayInput', {
  fields: (t) => ({
    orderSn: t.id({ required: true }),
    serviceType: t.field({ type: ServiceTypeRef, required: true, defaultValue: DEFAULT_SERVICE_TYPE }),
  }),
})

/** The span of a tap, which begins its payment's trace. The operation is called as its client likes. */
function tapOf(operationName: string | undefined): Step {
  const named = operationName === undefined ? {} : { 'graphql.operation.name': operationName.slice(0, 64) }
  return { name: 'mutation wxPay', kind: 'SERVER', attributes: { 'graphql.operation.type': 'mutation', ...named } }
}

builder.mutationField('wxPay', (t) =>
  t.field({
    type: WxPayParamsRef,
    description: 'Opens the payment of one of the viewer’s orders, or the one that is open already.',
    // Without `authScopes`, here and below: it costs as much as all else of an execution, and `requireViewer` says the same.
    errors: {
      types: [NotFoundError, OrderNotPayableError, OrderAlreadyPaidError, WechatUnavailableError, RateLimitedError],
    },
    args: { input: t.arg({ type: WxPayInput, required: true }) },
    resolve: async (_root, { input }, ctx, { operation }) => {
      const { id: userId } = requireViewer(ctx)
      // Before its trace: whoever taps too often makes none.
      await ctx.rates.count('paymentsPerUserMinute', userId)
      const pay = () => wxPay(ctx.deps, { ...input, userId })
      return tracing ? tracing.enter(tapOf(operation.name?.value), pay) : pay()
    },
  }),
)

builder.queryField('paymentStatus', (t) =>
  t.field({
    type: PaymentRef,
    nullable: true,
    description: 'One of the viewer’s payments; WeChat is asked first about a pending one.',
    args: { sn: t.arg.id({ required: true }) },
    resolve: async (_root, { sn }, ctx) => {
      const { id: userId } = requireViewer(ctx)
      const find = () => findOwnPayment(ctx.deps.db, { sn, userId })
      const payment = await find()
      if (payment?.status !== 'PENDING' || isQueriedRecently(payment)) return payment
      return (await refreshPayment(ctx.deps, { sn })) ? find() : payment
    },
  }),
)

builder.subscriptionField('paymentStatusChanged', (t) =>
  t.field({
    type: PaymentRef,
    description: 'One of the viewer’s payments: its present state at once, then every change. `version` only rises.',
    args: { sn: t.arg.id({ required: true }) },
    subscribe: async (_root, { sn }, ctx) => {
      const payment = await findOwnPayment(ctx.deps.db, { sn, userId: requireViewer(ctx).id }, { inTurn: true })
      if (!payment) throw createUserError('NOT_FOUND', new NotFoundError(paymentTexts.payment).text)
      return ctx.deps.live.watch(sn, ctx.acquireStream, payment)
    },
    resolve: (payment) => payment,
  }),
)
