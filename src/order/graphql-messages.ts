import { InvalidInputError, NotFoundError, RateLimitedError } from '../errors.ts'
import { afterCommit } from '../graphql/after-commit.ts'
import { ASKS_DATABASE } from '../graphql/asks-database.ts'
import { batchPerOperation } from '../graphql/batch.ts'
import { builder } from '../graphql/builder.ts'
import { type GraphqlContext, requireViewer } from '../graphql/context.ts'
import { ONE_PER_KIND, OrderMessageRef } from '../notification/graphql.ts'
import { readEnqueued } from '../notification/order-messages.ts'
import { recordMessageConsent } from './consent.ts'
import { HomestayOrderRef, isGuest } from './graphql.ts'
import { messagesOf } from './messages.ts'

const readMessages = batchPerOperation(({ deps }: GraphqlContext, orderSns: string[]) =>
  readEnqueued(deps, 'HOMESTAY_ORDER', orderSns),
)

builder.prismaObjectField(HomestayOrderRef, 'messages', (t) =>
  t.field({
    type: [OrderMessageRef],
    description: 'The messages to its guest, one of each kind; for its guest alone, empty for the host.',
    extensions: { ...ASKS_DATABASE, ...ONE_PER_KIND },
    resolve: async (order, _args, ctx) =>
      isGuest(order, ctx) ? messagesOf(ctx.deps, order, (await readMessages(ctx, order.sn)) ?? []) : [],
  }),
)

const RecordMessageConsentInput = builder.inputType('RecordMessageConsentInput', {
  fields: (t) => ({
    orderSn: t.id({ required: true }),
    accepted: t.stringList({
      required: true,
      description: 'The ids of templates that the guest answered by `accept`.',
    }),
    rejected: t.stringList({
      required: true,
      defaultValue: [],
      description: 'The ids of all others that were asked about: `reject`, `ban` and `filter`.',
    }),
  }),
})

builder.mutationField('recordMessageConsent', (t) =>
  t.prismaField({
    type: HomestayOrderRef,
    description:
      'Records what the guest answered to `wx.requestSubscribeMessage` for one of the viewer’s orders. Accepting sends what was refused before, within 24 h of its becoming due. The last answer counts; ids that aren’t ours are ignored.',
    authScopes: { viewer: true },
    errors: { types: [InvalidInputError, NotFoundError, RateLimitedError] },
    args: { input: t.arg({ type: RecordMessageConsentInput, required: true }) },
    resolve: async (query, _root, { input }, ctx) => {
      const { id: userId } = requireViewer(ctx)
      await ctx.rates.count('consentsPerUserMinute', userId)
      await recordMessageConsent(ctx.deps, { ...input, userId })
      const where = { sn: input.orderSn }
      return afterCommit(() => ctx.deps.db.homestayOrder.findUniqueOrThrow({ ...query, where }))
    },
  }),
)
