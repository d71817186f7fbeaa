import type { Deps } from '../../../src/deps.ts'
import { DomainError } from '../../../src/errors.ts'
import type { TransitionTable } from '../../../src/infra/transitions.ts'
import { cancelHomestayOrder, createCloseLoop } from '../../../src/order/cancel.ts'
import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { orderTransitions } from '../../../src/order/state.ts'
import { closeAttempt } from '../../../src/payment/attempt/close.ts'
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
  orderStates,
  paymentStates,
  redeem,
  refundReport,
  refundStates,
  type StatePath,
  silenceWechat,
} from '../../harness/states.ts'

/** @returns the outcome as a string, where there is one. */
type Input = (app: TestApp, tapped: Tapped) => Promise<unknown>

/** A report about the payment's money, of its own transaction where it has one, applied to its order. */
function moneyReported(change: Record<string, unknown>): Input {
  return async ({ deps }, { payment: { sn } }) => {
    const payment = await paymentOf(deps, sn)
    const transaction = paidReport(payment, { transaction_id: payment.transactionId ?? newTransactionId(), ...change })
    const { outcome } = await settle(deps, { transaction, source: 'NOTICE' })
    await applyToOrder(deps, { paymentSn: sn })
    return outcome
  }
}

/** A report about the payment's newest refund, or about a manual one, applied to its order. */
function refundReported(status: string, about: { fen?: number; manual?: boolean } = {}): Input {
  return async (app, tapped) => {
    const recorded = await recordRefund(app.deps, {
      report: await refundReport(app, tapped, { status, ...about }),
      source: 'NOTICE',
    })
    await applyToOrder(app.deps, { paymentSn: tapped.payment.sn })
    return recorded
  }
}

const taps: Input = async ({ deps }, tapped) => void (await tap(deps, tapped))

const paymentInputs: Record<string, Input> = {
  tap: taps,
  'paid, matches': moneyReported({}),
  'paid, mismatch': (app, tapped) =>
    moneyReported({ amount: amountOf(1), transaction_id: newTransactionId() })(app, tapped),
  'trade_state REFUND': moneyReported({ trade_state: 'REFUND' }),
  close: async ({ deps }, { payment }) => closeAttempt(deps, await paymentOf(deps, payment.sn)),
  'refund opened': ({ deps }, { payment: { sn } }) =>
    changePayment(deps, async (change) => {
      const payment = await lockPayment(change.tx, sn)
      if (payment) await openRefund(deps, change, { payment, cause: 'UNAPPLIED', reason: '退还款项' })
    }),
  'refund SUCCESS': refundReported('SUCCESS'),
  'refund CLOSED': refundReported('CLOSED'),
  'manual refund, all': refundReported('SUCCESS', { manual: true }),
  'manual refund, part': refundReported('SUCCESS', { manual: true, fen: 800 }),
}

const refundInputs: Record<string, Input> = {
  'reported PROCESSING': refundReported('PROCESSING'),
  'reported ABNORMAL': refundReported('ABNORMAL'),
  'reported SUCCESS': refundReported('SUCCESS'),
  'reported CLOSED': refundReported('CLOSED'),
  'operator retries': async ({ deps }, { payment }) => {
    const [refund] = await refundsOf(deps, payment.sn)
    return retryAbnormalRefund(deps, { outRefundNo: refund?.outRefundNo ?? 'no-such-refund' })
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
  paid: moneyReported({}),
  'refund requested': ({ deps }, { guest, order }) => refundHomestayOrder(deps, { userId: guest.id, sn: order.sn }),
  redeem,
  expiry: expire,
  'refund SUCCESS': refundReported('SUCCESS'),
}

type Show = (deps: Deps, tapped: Tapped) => Promise<string>

/** What an input does: the new state or mark, and the outcome unless it is MOVED; a dot for nothing at all. */
async function cellOf(app: TestApp, tapped: Tapped, input: Input, show: Show): Promise<string> {
  const before = await show(app.deps, tapped)
  const result = await input(app, tapped).catch(codeOf)
  const after = await show(app.deps, tapped)
  const change = after.startsWith(before) ? after.slice(before.length).trim() : after
  const outcome = typeof result === 'string' && result !== 'MOVED' ? result : ''
  return `${change} ${outcome}`.trim() || '.'
}

function codeOf(error: unknown): string {
  if (error instanceof DomainError) return error.code
  return error instanceof WechatPayError ? `WeChat: ${error.wechatCode}` : 'refused'
}

async function print(
  app: TestApp,
  name: string,
  { states, inputs, show }: { states: Record<string, StatePath>; inputs: Record<string, Input>; show: Show },
): Promise<string[]> {
  const rows = [[name, ...Object.keys(states)]]
  for (const [label, input] of Object.entries(inputs)) {
    const fixtures = await Promise.all(Object.values(states).map((path) => path(app)))
    const row = [label]
    for (const fixture of fixtures) row.push(await cellOf(app, fixture, input, show))
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
  return unapplied > 0 ? `${tradeState} (money refunded)` : tradeState
}

/** Has the database record every change of a status, whoever makes it. */
async function watchTransitions({ deps }: TestApp): Promise<() => Promise<Record<string, string[]>>> {
  const statements = [
    'CREATE TABLE transition (entity text, change text)',
    `CREATE FUNCTION note_transition() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO transition VALUES (TG_TABLE_NAME, concat_ws(' ', to_jsonb(OLD)->>TG_ARGV[0], to_jsonb(NEW)->>TG_ARGV[0]));
       RETURN NULL; END $$`,
    ...Object.entries({ payment: 'status', refund: 'status', homestay_order: 'tradeState' }).map(
      ([table, column]) => `CREATE TRIGGER note_transition AFTER UPDATE ON ${table} FOR EACH ROW
        WHEN (OLD."${column}" <> NEW."${column}") EXECUTE FUNCTION note_transition('${column}')`,
    ),
  ]
  for (const statement of statements) await deps.db.$executeRawUnsafe(statement)
  return async () => {
    const rows = await deps.db.$queryRaw<{ entity: string; changes: string[] }[]>`
      SELECT entity, array_agg(DISTINCT change) AS changes FROM transition GROUP BY entity`
    return Object.fromEntries(rows.map(({ entity, changes }) => [entity, changes.toSorted()]))
  }
}

const transitionsOf = (table: TransitionTable<string>) =>
  Object.entries(table)
    .flatMap(([from, to]) => to.map((state) => `${from} ${state}`))
    .toSorted()

describe('every input in every state', () => {
  test('every input does in every state what the state tables say, and makes no other transition', async ({ app }) => {
    silenceWechat(app)
    const transitions = await watchTransitions(app)
    const printed = [
      ...(await print(app, 'a payment', { states: paymentStates, inputs: paymentInputs, show: showPayment })),
      '',
      ...(await print(app, 'a refund', { states: refundStates, inputs: refundInputs, show: showRefund })),
      '',
      ...(await print(app, 'an order', { states: orderStates, inputs: orderInputs, show: showOrder })),
      '',
    ]

    expect(`\n${printed.join('\n')}`).toMatchInlineSnapshot(`
      "
      a payment            PENDING                CLOSED                 SUCCESS                         REFUNDING                       REFUNDED
      tap                  .                      ORDER_NOT_PAYABLE      ORDER_ALREADY_PAID              ORDER_ALREADY_PAID              ORDER_ALREADY_PAID
      paid, matches        SUCCESS                REFUNDING              SAME                            SAME                            SAME
      paid, mismatch       under review MISMATCH  under review MISMATCH  under review OTHER_TRANSACTION  under review OTHER_TRANSACTION  under review OTHER_TRANSACTION
      trade_state REFUND   SUCCESS on hold        SUCCESS on hold        on hold                         SAME                            SAME
      close                CLOSED                 .                      .                               .                               .
      refund opened        .                      .                      REFUNDING                       .                               .
      refund SUCCESS       MISMATCH               MISMATCH               REFUNDED                        REFUNDED                        SAME
      refund CLOSED        MISMATCH               MISMATCH               .                               SUCCESS                         MISMATCH
      manual refund, all   MISMATCH               MISMATCH               REFUNDED                        REFUNDED                        MISMATCH
      manual refund, part  MISMATCH               MISMATCH               .                               .                               MISMATCH

      a refund             unknown     REQUESTED      PROCESSING               ABNORMAL    SUCCESS                  CLOSED
      reported PROCESSING  PROCESSING  PROCESSING     SAME                     PROCESSING  SAME                     SAME
      reported ABNORMAL    ABNORMAL    ABNORMAL       ABNORMAL                 SAME        SAME                     SAME
      reported SUCCESS     SUCCESS     SUCCESS        SUCCESS                  SUCCESS     SAME                     MISMATCH
      reported CLOSED      CLOSED      CLOSED         CLOSED                   CLOSED      MISMATCH                 SAME
      operator retries     NOT_FOUND   INVALID_INPUT  WeChat: INVALID_REQUEST  PROCESSING  WeChat: INVALID_REQUEST  WeChat: INVALID_REQUEST

      an order          WAIT_PAY              CANCELLED             WAIT_USE               USED                   REFUNDING              REFUNDED               EXPIRED
      tap               .                     ORDER_NOT_PAYABLE     ORDER_ALREADY_PAID     ORDER_ALREADY_PAID     ORDER_ALREADY_PAID     ORDER_ALREADY_PAID     ORDER_ALREADY_PAID
      cancel            CANCELLED             .                     ORDER_NOT_CANCELLABLE  ORDER_NOT_CANCELLABLE  ORDER_NOT_CANCELLABLE  ORDER_NOT_CANCELLABLE  ORDER_NOT_CANCELLABLE
      deadline          CANCELLED             .                     .                      .                      .                      .                      .
      paid              WAIT_USE              (money refunded)      SAME                   SAME                   SAME                   SAME                   SAME
      refund requested  ORDER_NOT_REFUNDABLE  ORDER_NOT_REFUNDABLE  REFUNDING              ORDER_NOT_REFUNDABLE   .                      .                      ORDER_NOT_REFUNDABLE
      redeem            TRADE_CODE_INVALID    TRADE_CODE_INVALID    USED                   TRADE_CODE_INVALID     TRADE_CODE_INVALID     TRADE_CODE_INVALID     TRADE_CODE_INVALID
      expiry            .                     .                     EXPIRED                .                      .                      .                      .
      refund SUCCESS    MISMATCH              MISMATCH              REFUNDED               REFUNDED               REFUNDED               SAME                   REFUNDED
      "
    `)
    // Every transition, whether the state table or a statement of its own made it.
    expect(await transitions()).toEqual({
      payment: transitionsOf(paymentTransitions),
      refund: transitionsOf(refundTransitions),
      homestay_order: transitionsOf(orderTransitions),
    })
  })
})
