import type { MessageKind } from '../../prisma/client/enums.ts'
import { ASKS_NO_DATABASE } from '../graphql/asks-database.ts'
import { builder, type EnumValues } from '../graphql/builder.ts'
import { holdsAtMost } from '../graphql/list-size.ts'
import type { OrderMessage, OrderMessageStatus } from './order-messages.ts'
import { findTemplates } from './template.ts'

const MessageKindRef = builder.enumType('MessageKind', {
  description: 'What a subscribe message is about.',
  values: {
    ORDER_PAID: { description: 'The order is paid.' },
    CHECK_IN: { description: 'The days of the stay, and the entry code.' },
    REFUNDED: { description: 'Money went back to the guest.' },
  } as const satisfies EnumValues<MessageKind>,
})

/** For the `extensions` of a list that has one item for each kind of message, or fewer. */
export const ONE_PER_KIND = holdsAtMost(3)

const MessageTemplateRef = builder.objectRef<{ kind: MessageKind; templateId: string }>('MessageTemplate').implement({
  description: 'A template of subscribe messages, for `wx.requestSubscribeMessage`: one consent, one message.',
  fields: (t) => ({
    kind: t.expose('kind', { type: MessageKindRef }),
    templateId: t.exposeString('templateId'),
  }),
})

const OrderMessageStatusRef = builder.enumType('OrderMessageStatus', {
  description: 'Where a message to the guest of an order stands.',
  values: {
    WAITING: { description: 'Not due yet, or being sent.' },
    SENT: { description: 'WeChat has taken it.' },
    REFUSED: {
      description: 'There is no consent, or it is used up: `recordMessageConsent` sends it once the guest accepts.',
    },
    SKIPPED: { description: 'Its template isn’t configured, or it is not worth sending any more.' },
  } as const satisfies EnumValues<OrderMessageStatus>,
})

export const OrderMessageRef = builder.objectRef<OrderMessage>('OrderMessage').implement({
  description: 'A subscribe message to the guest of an order.',
  fields: (t) => ({
    kind: t.expose('kind', { type: MessageKindRef }),
    status: t.expose('status', { type: OrderMessageStatusRef }),
    sentAt: t.expose('sentAt', { type: 'DateTime', nullable: true }),
  }),
})

builder.queryField('messageTemplates', (t) =>
  t.field({
    type: [MessageTemplateRef],
    description:
      'The configured templates. Ask for them ahead: their ids go to `wx.requestSubscribeMessage` in the tap, before anything asynchronous.',
    extensions: { ...ASKS_NO_DATABASE, ...ONE_PER_KIND },
    resolve: (_root, _args, { deps }) => findTemplates(deps),
  }),
)
