import type { Worker } from '../../../prisma/client/client.ts'
import { holdsAtMost } from '../../graphql/list-size.ts'
import { type Board, MOST_ANSWERS, type TapToPaid, type WechatAnswer } from '../board/board.ts'
import { MOST_HOURS } from '../board/feed.ts'
import type { Hour } from '../board/hours.ts'
import { builder } from './builder.ts'
import { WaitingRef } from './waiting.ts'

const TapToPaidRef = builder.objectRef<TapToPaid>('TapToPaid').implement({
  description:
    'Seconds from a tap to its settlement here, of the payments of the last hour; null while there are none.',
  fields: (t) => ({
    p50: t.exposeFloat('p50', { nullable: true }),
    p95: t.exposeFloat('p95', { nullable: true }),
  }),
})

const WechatAnswerRef = builder.objectRef<WechatAnswer>('WechatAnswer').implement({
  description: 'How often WeChat answered so within the last hour.',
  fields: (t) => ({
    endpoint: t.exposeString('endpoint', { description: 'Method and path, with a star for each number.' }),
    status: t.exposeInt('status', { nullable: true, description: 'Null where no answer came.' }),
    code: t.exposeString('code', {
      nullable: true,
      description:
        'WeChat’s for an error, or why there is no answer that counts; of a query that it answers, the `trade_state`.',
    }),
    count: t.exposeInt('count'),
  }),
})

const WorkerRef = builder.objectRef<Worker>('Worker').implement({
  description: 'A worker process that was seen within the last hour.',
  fields: (t) => ({
    id: t.exposeID('id'),
    startedAt: t.expose('startedAt', { type: 'DateTime' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime', description: 'A living one says so every two seconds.' }),
  }),
})

const BoardRef = builder.objectRef<Board>('Board').implement({
  description: 'How it goes, at one moment. Today is China’s, by when a payment was settled here.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime' }),
    todayPayments: t.exposeInt('todayPayments'),
    todayFen: t.expose('todayFen', { type: 'Fen' }),
    todayTaps: t.exposeInt('todayTaps', { description: 'Attempts to pay.' }),
    tapToPaid: t.expose('tapToPaid', { type: TapToPaidRef }),
    wechatAnswers: t.expose('wechatAnswers', {
      type: [WechatAnswerRef],
      extensions: holdsAtMost(MOST_ANSWERS),
      description: 'Those that come most often first.',
    }),
    waiting: t.expose('waiting', { type: WaitingRef }),
    workers: t.expose('workers', { type: [WorkerRef], description: 'The one that was seen last first.' }),
  }),
})

const HourRef = builder.objectRef<Hour>('BoardHour').implement({
  description: 'What came in within an hour.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When it began.' }),
    payments: t.exposeInt('payments'),
    fen: t.expose('fen', { type: 'Fen' }),
    taps: t.exposeInt('taps', { description: 'Attempts to pay.' }),
  }),
})

builder.queryField('board', (t) => t.field({ type: BoardRef, resolve: (_root, _args, { board }) => board.current() }))

builder.queryField('boardHours', (t) =>
  t.field({
    type: [HourRef],
    extensions: holdsAtMost(MOST_HOURS),
    description: 'So many hours up to the one that runs, oldest first: up to 31 days of them.',
    args: { hours: t.arg.int({ required: true }) },
    resolve: (_root, { hours }, { board }) => board.hours(hours),
  }),
)

builder.subscriptionField('board', (t) =>
  t.field({
    type: BoardRef,
    description: 'The board now, and every few seconds. It ends with the session.',
    subscribe: (_root, _args, { board, isStillSignedIn, acquireStream, whenGone }) =>
      board.watch({ isStillSignedIn, whenGone, onStop: acquireStream() }),
    resolve: (board) => board,
  }),
)
