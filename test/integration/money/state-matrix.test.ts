import type { Deps } from '../../../src/deps.ts'
import { DomainError } from '../../../src/errors.ts'
import type { TransitionTable } from '../../../src/infra/transitions.ts'
import { cancelHomestayOrder, createCloseLoop } from '../../../src/order/cancel.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { orderTransitions } from '../../../src/order/state.ts'
import { closeOrphaned } from '../../../src/payment/attempt/close.ts'
import { changePayment } from '../../../src/payment/change-payment.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { lockPayment } from '../../../src/payment/record.ts'
import { retryAbnormalRefund } from '../../../src/payment/refund/advance.ts'
import { openRefund } from '../../../src/payment/refund/open.ts'
import { recordRefund } from '../../../src/payment/refund/record.ts'
import { settle } from '../../../src/payment/settlement/settle.ts'
import { paymentTransitions, refundTransitions } from '../../../src/payment/state.ts'
import { WechatPayError } from '../../../src/wechat/errors.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { orderOf, paymentOf, type Tapped, tap } from '../../harness/fixtures.ts'
import { refundsOf } from '../../harness/money.ts'
import { amountOf, newTransactionId, paidReport } from '../../harness/reports.ts'
import {
  expire,
  redeem,
  refundReport,
  silenceWechat,
  toOrder,
  toPayment,
  toRefund,
  type Way,
} from '../../harness/states.ts'

/** @returns what was answered, when that says something. */
type Input = (app: TestApp, scene: Tapped) => Promise<unknown>

/** WeChat's word about the payment's money: of its transaction where it has one. Its order follows. */
function told(change: Record<string, unknown>): Input {
  return async ({ deps }, { payment: { sn } }) => {
    const payment = await paymentOf(deps, sn)
    const transaction = paidReport(payment, { transaction_id: payment.transactionId ?? newTransactionId(), ...change })
    const { outcome } = await settle(deps, { transaction, source: 'NOTICE' })
    await applyToOrder(deps, { paymentSn: sn })
    return outcome
  }
}

/** WeChat's word about the payment's newest refund, or about one by hand. The order follows. */
function refundTold(status: string, about: { fen?: number; manual?: boolean } = {}): Input {
  return async (app, scene) => {
    const applied = await recordRefund(app.deps, {
      report: await refundReport(app, scene, { status, ...about }),
      source: 'NOTICE',
    })
    await applyToOrder(app.deps, { paymentSn: scene.payment.sn })
    return applied
  }
}

const taps: Input = async ({ deps }, scene) => void (await tap(deps, scene))

const paymentInputs: Record<string, Input> = {
  tap: taps,
  'paid, fits': told({}),
  "paid, doesn't fit": (app, scene) => told({ amount: amountOf(1), transaction_id: newTransactionId() })(app, scene),
  'trade_state REFUND': told({ trade_state: 'REFUND' }),
  close: async ({ deps }, { payment }) => closeOrphaned(deps, await paymentOf(deps, payment.sn)),
  'refund opened': ({ deps }, { payment: { sn } }) =>
    changePayment(deps, async (change) => {
      const payment = await lockPayment(change.tx, sn)
      if (payment) await openRefund(deps, change, { payment, cause: 'UNAPPLIED', reason: '退还款项' })
    }),
  'refund SUCCESS': refundTold('SUCCESS'),
  'refund CLOSED': refundTold('CLOSED'),
  'all back by hand': refundTold('SUCCESS', { manual: true }),
  'a part by hand': refundTold('SUCCESS', { manual: true, fen: 800 }),
}

const refundInputs: Record<string, Input> = {
  'told PROCESSING': refundTold('PROCESSING'),
  'told ABNORMAL': refundTold('ABNORMAL'),
  'told SUCCESS': refundTold('SUCCESS'),
  'told CLOSED': refundTold('CLOSED'),
  'second try': async ({ deps }, { payment }) => {
    const [refund] = await refundsOf(deps, payment.sn)
    return retryAbnormalRefund(deps, { outRefundNo: refund?.outRefundNo ?? 'nobody’s' })
  },
}

const orderInputs: Record<string, Input> = {
  tap: taps,
  cancel: ({ deps }, { guest, order }) => cancelHomestayOrder(deps, { userId: guest.id, sn: order.sn }),
  deadline: async ({ deps }, { order }) => {
    await deps.db.$executeRaw`
      UPDATE homestay_order SET "payBefore" = now() - interval '1 hour' WHERE sn = ${order.sn}`
    await createCloseLoop(deps)()
  },
  paid: told({}),
  'refund asked': ({ deps }, { guest, order }) => refundHomestayOrder(deps, { userId: guest.id, sn: order.sn }),
  redeem,
  expiry: expire,
  'all back': refundTold('SUCCESS'),
}

type Show = (deps: Deps, scene: Tapped) => Promise<string>

/** What an input does: the new state or mark, and the answer when it is more than "done"; a dot for nothing at all. */
async function cellOf(app: TestApp, scene: Tapped, input: Input, show: Show): Promise<string> {
  const before = await show(app.deps, scene)
  const answer = await input(app, scene).catch(codeOf)
  const after = await show(app.deps, scene)
  const change = after.startsWith(before) ? after.slice(before.length).trim() : after
  const said = typeof answer === 'string' && answer !== 'MOVED' ? answer : ''
  return `${change} ${said}`.trim() || '.'
}

function codeOf(error: unknown): string {
  if (error instanceof DomainError) return error.code
  return error instanceof WechatPayError ? `WeChat: ${error.wechatCode}` : 'refused'
}

async function print(
  app: TestApp,
  name: string,
  { ways, inputs, show }: { ways: Record<string, Way>; inputs: Record<string, Input>; show: Show },
): Promise<string[]> {
  const rows = [[name, ...Object.keys(ways)]]
  for (const [label, input] of Object.entries(inputs)) {
    const scenes = await Promise.all(Object.values(ways).map((way) => way(app)))
    const row = [label]
    for (const scene of scenes) row.push(await cellOf(app, scene, input, show))
    rows.push(row)
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)) + 2) ?? []
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('')
      .trimEnd(),
  )
}

const showPayment: Show = async (deps, { payment: { sn } }) => {
  const { status, heldAt, underReviewAt } = await paymentOf(deps, sn)
  return [status, ...(heldAt ? ['on hold'] : []), ...(underReviewAt ? ['under review'] : [])].join(' ')
}

const showRefund: Show = async (deps, { payment: { sn } }) => {
  const [refund] = await refundsOf(deps, sn)
  return refund?.status ?? ''
}

const showOrder: Show = async (deps, { order: { sn } }) => {
  const { tradeState } = await orderOf(deps, sn)
  const unapplied = await deps.db.refund.count({ where: { payment: { orderSn: sn }, cause: 'UNAPPLIED' } })
  return unapplied > 0 ? `${tradeState} (money sent back)` : tradeState
}

/** Has the database write down every change of a status, whoever makes it. */
async function watchMoves({ deps }: TestApp): Promise<() => Promise<Record<string, string[]>>> {
  const statements = [
    'CREATE TABLE move (thing text, way text)',
    `CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO move VALUES (TG_TABLE_NAME, concat_ws(' ', to_jsonb(OLD)->>TG_ARGV[0], to_jsonb(NEW)->>TG_ARGV[0]));
       RETURN NULL; END $$`,
    ...Object.entries({ payment: 'status', refund: 'status', homestay_order: 'tradeState' }).map(
      ([table, column]) => `CREATE TRIGGER note_move AFTER UPDATE ON ${table} FOR EACH ROW
        WHEN (OLD."${column}" <> NEW."${column}") EXECUTE FUNCTION note_move('${column}')`,
    ),
  ]
  for (const statement of statements) await deps.db.$executeRawUnsafe(statement)
  return async () => {
    const rows = await deps.db.$queryRaw<{ thing: string; ways: string[] }[]>`
      SELECT thing, array_agg(DISTINCT way) AS ways FROM move GROUP BY thing`
    return Object.fromEntries(rows.map(({ thing, ways }) => [thing, ways.toSorted()]))
  }
}

const movesOf = (table: TransitionTable<string>) =>
  Object.entries(table)
    .flatMap(([from, to]) => to.map((state) => `${from} ${state}`))
    .toSorted()

describe('every input', () => {
  test('does in every state what the tables say, and no other move is made', async ({ app }) => {
    silenceWechat(app)
    const moves = await watchMoves(app)
    const printed = [
      ...(await print(app, 'a payment', { ways: toPayment, inputs: paymentInputs, show: showPayment })),
      '',
      ...(await print(app, 'a refund', { ways: toRefund, inputs: refundInputs, show: showRefund })),
      '',
      ...(await print(app, 'an order', { ways: toOrder, inputs: orderInputs, show: showOrder })),
      '',
    ]

    expect(`\n${printed.join('\n')}`).toMatchInlineSnapshot(`
      "
      a payment           PENDING          CLOSED             SUCCESS                     REFUNDING                   REFUNDED
      tap                 .                ORDER_NOT_PAYABLE  ORDER_ALREADY_PAID          ORDER_ALREADY_PAID          ORDER_ALREADY_PAID
      paid, fits          SUCCESS          REFUNDING          SAME                        SAME                        SAME
      paid, doesn't fit   disputed MISMATCH  disputed MISMATCH    disputed OTHER_TRANSACTION  disputed OTHER_TRANSACTION  disputed OTHER_TRANSACTION
      trade_state REFUND  SUCCESS held     SUCCESS held       held                        SAME                        SAME
      close               CLOSED           .                  .                           .                           .
      refund opened       .                .                  REFUNDING                   .                           .
      refund SUCCESS      MISMATCH           MISMATCH             REFUNDED                    REFUNDED                    SAME
      refund CLOSED       MISMATCH           MISMATCH             .                           SUCCESS                     MISMATCH
      all back by hand    MISMATCH           MISMATCH             REFUNDED                    REFUNDED                    MISMATCH
      a part by hand      MISMATCH           MISMATCH             .                           .                           MISMATCH

      a refund         unknown     REQUESTED   PROCESSING               ABNORMAL    SUCCESS                  CLOSED
      told PROCESSING  PROCESSING  PROCESSING  SAME                     PROCESSING  SAME                     SAME
      told ABNORMAL    ABNORMAL    ABNORMAL    ABNORMAL                 SAME        SAME                     SAME
      told SUCCESS     SUCCESS     SUCCESS     SUCCESS                  SUCCESS     SAME                     MISMATCH
      told CLOSED      CLOSED      CLOSED      CLOSED                   CLOSED      MISMATCH                   SAME
      second try       refused     refused     WeChat: INVALID_REQUEST  PROCESSING  WeChat: INVALID_REQUEST  WeChat: INVALID_REQUEST

      an order      WAIT_PAY              CANCELLED             WAIT_USE               USED                   REFUNDING              REFUNDED               EXPIRED
      tap           .                     ORDER_NOT_PAYABLE     ORDER_ALREADY_PAID     ORDER_ALREADY_PAID     ORDER_ALREADY_PAID     ORDER_ALREADY_PAID     ORDER_ALREADY_PAID
      cancel        CANCELLED             .                     ORDER_NOT_CANCELLABLE  ORDER_NOT_CANCELLABLE  ORDER_NOT_CANCELLABLE  ORDER_NOT_CANCELLABLE  ORDER_NOT_CANCELLABLE
      deadline      CANCELLED             .                     .                      .                      .                      .                      .
      paid          WAIT_USE              (money sent back)     SAME                   SAME                   SAME                   SAME                   SAME
      refund asked  ORDER_NOT_REFUNDABLE  ORDER_NOT_REFUNDABLE  REFUNDING              ORDER_NOT_REFUNDABLE   .                      .                      ORDER_NOT_REFUNDABLE
      redeem        TRADE_CODE_INVALID    TRADE_CODE_INVALID    USED                   TRADE_CODE_INVALID     TRADE_CODE_INVALID     TRADE_CODE_INVALID     TRADE_CODE_INVALID
      expiry        .                     .                     EXPIRED                .                      .                      .                      .
      all back      MISMATCH                MISMATCH                REFUNDED               REFUNDED               REFUNDED               SAME                   REFUNDED
      "
    `)
    // Whoever wrote the status, with the table or by a statement of its own.
    expect(await moves()).toEqual({
      payment: movesOf(paymentTransitions),
      refund: movesOf(refundTransitions),
      homestay_order: movesOf(orderTransitions),
    })
  })
})
