import { addWebhook, chooseReplay, replayWebhook, rotateWebhook, switchWebhook } from '../../act/webhook.ts'
import { listListeners, type ShownListener } from '../../payment/outbox/listeners.ts'
import { type CountedEndpoint, listWithCounts } from '../../webhook/list.ts'
import { anAct, perform, wishArgs } from './act.ts'
import { builder } from './builder.ts'

const WebhookRef = builder.objectRef<CountedEndpoint>('Webhook').implement({
  description: 'An endpoint that events of payments are sent to (docs/events.md).',
  fields: (t) => ({
    id: t.exposeID('id'),
    url: t.exposeString('url'),
    eventTypes: t.exposeStringList('eventTypes', { description: 'All where it is empty.' }),
    enabled: t.exposeBoolean('enabled'),
    disabledReason: t.exposeString('disabledReason', { nullable: true }),
    failingSince: t.expose('failingSince', { type: 'DateTime', nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    waiting: t.int({ resolve: ({ deliveries }) => deliveries.PENDING }),
    failed: t.int({ resolve: ({ deliveries }) => deliveries.FAILED }),
  }),
})

const ListenerRef = builder.objectRef<ShownListener>('Listener').implement({
  description: 'Who hears of every change of a payment.',
  fields: (t) => ({
    id: t.exposeID('job'),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    waiting: t.exposeInt('waiting'),
  }),
})

builder.queryField('webhooks', (t) =>
  t.field({
    type: [WebhookRef],
    resolve: (_root, _args, { deps }) => listWithCounts(deps.db),
  }),
)

builder.queryField('listeners', (t) =>
  t.field({ type: [ListenerRef], resolve: (_root, _args, { deps }) => listListeners(deps.db) }),
)

builder.mutationField('webhookAdd', (t) =>
  t.field({
    ...anAct,
    description: 'Adds an endpoint. Its secret is in the sentences, and never shown again.',
    args: {
      url: t.arg.string({ required: true }),
      types: t.arg.stringList({ required: true, description: 'Of events; all where it is empty.' }),
      ...wishArgs,
    },
    resolve: (_root, { url, types, ...wishes }, context) =>
      perform(context, wishes, (desk, wish) => addWebhook(desk, { url, types }, wish)),
  }),
)

builder.mutationField('webhookRotate', (t) =>
  t.field({
    ...anAct,
    description: 'Gives an endpoint a new secret, which is in the sentences; the old one signs as well for a while.',
    args: {
      id: t.arg.id({ required: true }),
      keepHours: t.arg.int({ required: true, defaultValue: 24 }),
      again: t.arg.boolean({ required: true, defaultValue: false, description: 'Replaces one that was lost.' }),
      ...wishArgs,
    },
    resolve: (_root, { id, keepHours, again, ...wishes }, context) =>
      perform(context, wishes, (desk, wish) => rotateWebhook(desk, { id, keepHours, again }, wish)),
  }),
)

const switches = [
  ['Enable', 'enable', 'Lets an endpoint get events again, and what waits for it first.'],
  ['Disable', 'disable', 'Sends an endpoint nothing from here on.'],
  ['Remove', 'remove', 'Removes an endpoint, with all its deliveries.'],
] as const
for (const [name, to, description] of switches) {
  builder.mutationField(`webhook${name}`, (t) =>
    t.field({
      ...anAct,
      description,
      args: { id: t.arg.id({ required: true }), ...wishArgs },
      resolve: (_root, { id, ...wishes }, context) =>
        perform(context, wishes, (desk, wish) => switchWebhook(desk, { id, to }, wish)),
    }),
  )
}

builder.mutationField('webhookReplay', (t) =>
  t.field({
    ...anAct,
    description:
      'Sends an endpoint events again: one of a payment, those of a span of time, or every delivery that has failed.',
    args: {
      id: t.arg.id({ required: true }),
      paymentSn: t.arg.id({ description: 'With `version`: this one.' }),
      version: t.arg.int(),
      since: t.arg({ type: 'DateTime', description: 'Those from this instant on.' }),
      until: t.arg({ type: 'DateTime', description: 'With `since`: those before this instant; now without it.' }),
      failed: t.arg.boolean({ description: 'Every delivery that has failed.' }),
      ...wishArgs,
    },
    resolve: (_root, { id, paymentSn, version, since, until, failed, ...wishes }, context) =>
      perform(context, wishes, (desk, wish) => {
        const event = paymentSn && version ? { paymentSn, version } : null
        return replayWebhook(desk, { id, what: chooseReplay({ event, since, until, failed }) }, wish)
      }),
  }),
)
