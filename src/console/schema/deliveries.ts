import type { WebhookDelivery } from '../../../prisma/client/client.ts'
import { WebhookDeliveryStatus } from '../../../prisma/client/enums.ts'
import { NotFoundError } from '../../errors.ts'
import { holdsAtMost } from '../../graphql/list-size.ts'
import { listDeliveries } from '../../webhook/list.ts'
import { builder } from './builder.ts'

const MOST = 100

const StatusRef = builder.enumType(WebhookDeliveryStatus, { name: 'WebhookDeliveryStatus' })

const WebhookDeliveryRef = builder.objectRef<WebhookDelivery>('WebhookDelivery').implement({
  description: 'One event for one endpoint.',
  fields: (t) => ({
    paymentSn: t.exposeString('paymentSn'),
    version: t.exposeInt('version', { description: 'Of the payment, as of this event.' }),
    status: t.expose('status', { type: StatusRef }),
    tries: t.exposeInt('tries', { description: 'Since it was made or replayed.' }),
    replayed: t.exposeBoolean('replayed'),
    lastAnswer: t.exposeString('lastAnswer', {
      nullable: true,
      description: 'What the endpoint answered last, or why it didn’t.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    endedAt: t.expose('endedAt', { type: 'DateTime', nullable: true }),
    nextTryAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Null once it has ended.',
      resolve: ({ endedAt, nextTryAt }) => (endedAt ? null : nextTryAt),
    }),
  }),
})

builder.queryField('webhookDeliveries', (t) =>
  t.field({
    type: [WebhookDeliveryRef],
    nullable: true,
    extensions: holdsAtMost(MOST),
    description: 'The newest deliveries to an endpoint, 100 at the most; null where there is no such endpoint.',
    args: {
      id: t.arg.id({ required: true }),
      status: t.arg({ type: StatusRef }),
      limit: t.arg.int({ required: true, defaultValue: 50 }),
    },
    resolve: (_root, { id, status, limit }, { deps }) =>
      listDeliveries(deps.db, id, { status: status ?? undefined, limit: Math.min(Math.max(limit, 1), MOST) }).catch(
        (error: unknown) => {
          if (error instanceof NotFoundError) return null
          throw error
        },
      ),
  }),
)
